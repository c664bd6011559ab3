#include <stddef.h>

#include "include/messages.h"

#include "dispatch.h"

#include "real_f64.h"
#include "elementary.h"
#include "messages_template.h"
#include "message_numbers_template.h"

#include "real_f32.h"
#include "elementary.h"
#include "messages_template.h"
#include "message_numbers_template.h"

SWK_CLONES void swk_count_tables(int64_t n, const double *q, double *before, double *above)
{
    int64_t row = n + 2;
    before[0] = 1;
    for (int64_t i = 0; i < n; i++) {
        const double *old = before + i * row, yes = q[i], no = 1 - yes;
        double *new = before + (i + 1) * row;
        new[0] = no * old[0];
        SWK_LOOP
        for (int64_t j = 1; j <= i; j++)
            new[j] = yes * old[j - 1] + no * old[j];
        new[i + 1] = yes * old[i];
    }
    above[n * row] = 1;
    for (int64_t j = 1; j < row; j++)
        above[n * row + j] = 0;
    for (int64_t i = n - 1; i >= 0; i--) {
        const double *old = above + (i + 1) * row, yes = q[i], no = 1 - yes;
        double *new = above + i * row;
        new[0] = 1;
        SWK_LOOP
        for (int64_t j = 1; j < row; j++)
            new[j] = yes * old[j - 1] + no * old[j];
    }
}

SWK_CLONES void swk_count_tails(int64_t n, const double *before, const double *above, int64_t wanted, double *tails)
{
    int64_t row = n + 2;
    for (int64_t i = 0; i < n; i++) {
        const double *head = before + i * row, *rest = above + (i + 1) * row;
        /* j events before i leave wanted - j for those after it: none left to wish for from j = wanted on, more than
         * there are up to j = wanted - row. */
        int64_t first = wanted - row + 1 > 0 ? wanted - row + 1 : 0;
        int64_t last = wanted < i + 1 ? (wanted > 0 ? wanted : 0) : i + 1;
        double sum = 0;
        for (int64_t j = first; j < last; j++)
            sum += head[j] * rest[wanted - j];
        for (int64_t j = last; j <= i; j++)
            sum += head[j];
        tails[i] = sum;
    }
}
