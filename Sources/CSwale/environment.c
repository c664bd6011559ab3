/* The control register of scalar and vector arithmetic; a few nanoseconds a call, where fegetenv() also visits the x87
 * unit, which nothing here uses. */
#include "CSwale.h"

#if defined(__x86_64__)
#include <immintrin.h>

uint32_t csw_enter_arithmetic(void)
{
    uint32_t environment = _mm_getcsr();
    _mm_setcsr(0x1f80); /* its value when a process starts: all exceptions masked, no flags */
    return environment;
}

void csw_leave_arithmetic(uint32_t environment) { _mm_setcsr(environment); }

#elif defined(__aarch64__)

uint32_t csw_enter_arithmetic(void)
{
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)0));
    return (uint32_t)control;
}

void csw_leave_arithmetic(uint32_t environment)
{
    __asm__ volatile("msr fpcr, %0" : : "r"((uint64_t)environment));
}

#else

uint32_t csw_enter_arithmetic(void) { return 0; }
void csw_leave_arithmetic(uint32_t environment) { (void)environment; }

#endif
