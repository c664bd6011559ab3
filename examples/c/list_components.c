/* Lists everything the library knows, with all options: kinds, components, ranges, defaults. The same list, with the
 * same sentences, is what Python shows as signatures and help.
 *
 *   gcc list_components.c -o list_components -I../../include -L../../.build/release -lswale \
 *     -Wl,-rpath,$PWD/../../.build/release
 *   ./list_components [plugin.so ...] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <swale/swale.h>

static const char *const kinds[] = {"layer",   "loss",      "objective",   "solver", "metric",
                                    "dataset", "transform", "initializer", "run"};

static void check(swale_status status) {
  if (status == SWALE_OK) return;
  fprintf(stderr, "%s\n", swale_last_error());
  exit(1);
}

static void print_option(const swale_option_info *option) {
  const char *type = option->dtype == SWALE_BOOL  ? "switch"
                     : option->dtype == SWALE_I64 ? "integer"
                     : option->dtype == SWALE_F64 ? "real"
                                                  : "text";
  printf("    %s: %s%s = %s", option->name, type, option->is_list ? " list" : "", option->fallback);
  if (option->dtype == SWALE_I64 || option->dtype == SWALE_F64) {
    printf(", %.15g ... %.15g", option->lowest, option->highest);
  } else if (option->choices[0] != '\0') {
    printf(", one of: %s", option->choices);
  }
  printf("\n      %s\n", option->doc);
}

static void print_component(swale_kind kind, int64_t index) {
  swale_component_info component;
  memset(&component, 0, sizeof component);
  component.struct_size = sizeof component;
  check(swale_component(kind, index, &component));
  printf("  %s: %s\n", component.name, component.summary);
  if (component.reference[0] != '\0') printf("    Reference: %s\n", component.reference);
  if (component.points_max > 0) {
    printf("    Points: %lld ... %lld\n", (long long)component.points_min, (long long)component.points_max);
  }
  for (int64_t i = 0; i < component.option_count; i++) {
    swale_option_info option;
    memset(&option, 0, sizeof option);
    option.struct_size = sizeof option;
    check(swale_component_option(kind, component.name, i, &option));
    print_option(&option);
  }
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) check(swale_plugin_load(argv[i]));
  int32_t version = swale_version();
  printf("Swale %d.%d.%d, %s, products by %s (f32) and %s (f64), %d threads\n", version / 10000, version / 100 % 100,
         version % 100, swale_instruction_set(), swale_backend_name(SWALE_F32), swale_backend_name(SWALE_F64),
         swale_threads());
  for (swale_kind kind = SWALE_KIND_LAYER; kind <= SWALE_KIND_RUN; kind++) {
    printf("\n%s\n", kinds[kind - 1]);
    for (int64_t i = 0; i < swale_component_count(kind); i++) print_component(kind, i);
  }
  return 0;
}
