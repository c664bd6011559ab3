/* Included first by files whose results have the same bits on every instruction set: a * b + c is two roundings. */
#ifndef SWK_REPRODUCIBLE_H
#define SWK_REPRODUCIBLE_H

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

#endif
