/* One case of `bench recurrence`, by libical: how many occurrences it finds, and the microseconds that takes.
 *
 * Times are floating, without a zone: that is less work than the others do. A rule alone goes through the iterator, which can be
 * told where to start; exceptions are known to the component only. */
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void count(icalcomponent *component, struct icaltime_span *span, void *found) {
  (void)component;
  (void)span;
  ++*(int *)found;
}

static int by_component(const char *text) {
  char *event = malloc(strlen(text) + 64);
  int found = 0;
  sprintf(event, "BEGIN:VEVENT\n%s\nEND:VEVENT\n", text);
  icalcomponent *component = icalparser_parse_string(event);
  icalcomponent_foreach_recurrence(component, icaltime_from_string("20000101T000000"), icaltime_from_string("22000101T000000"),
                                   count, &found);
  icalcomponent_free(component);
  free(event);
  return found;
}

static int by_iterator(const char *text, const struct icaltimetype *range) {
  char start[16], rule[256];
  if (sscanf(text, "DTSTART;%*[^:]:%15[^\n]\nRRULE:%255[^\n]", start, rule) != 2) exit(2);
  icalrecur_iterator *iterator = icalrecur_iterator_new(icalrecurrencetype_from_string(rule), icaltime_from_string(start));
  if (range && !icalrecur_iterator_set_start(iterator, range[0])) exit(3);
  int found = 0;
  for (;;) {
    struct icaltimetype at = icalrecur_iterator_next(iterator);
    if (icaltime_is_null_time(at) || (range && icaltime_compare(at, range[1]) >= 0)) break;
    if (!range || icaltime_compare(at, range[0]) >= 0) found++;
  }
  icalrecur_iterator_free(iterator);
  return found;
}

int main(int many, char **args) {
  if (many < 4) return 1;
  const char *text = args[1];
  double lasting = atof(args[3]) / 1e3;
  struct icaltimetype ends[2];
  for (int end = 0; many == 6 && end < 2; end++) ends[end] = icaltime_from_timet_with_zone(atol(args[4 + end]), 0, NULL);
  const struct icaltimetype *range = many == 6 ? ends : NULL;
  int found = 0, times = 0;
  double began = seconds(), took;
  do {
    found = strstr(text, "EXDATE") ? by_component(text) : by_iterator(text, range);
    times++;
    took = seconds() - began;
  } while (took < lasting);
  printf("%d %f\n", found, took * 1e6 / times);
  return 0;
}
