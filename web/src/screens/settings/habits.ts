// The hours of a week in which most is worked: the first of 168 is Monday from midnight to one.

export interface Strong {
  /** 0 is Monday. */
  day: number;
  hour: number;
  seconds: number;
}

/** The `most` strongest hours, strongest first, earlier before later; none where nothing was worked. */
export function strongest(hours: readonly number[], most = 3): Strong[] {
  return hours
    .map((seconds, index) => ({ day: Math.floor(index / 24), hour: index % 24, seconds }))
    .filter(({ seconds }) => seconds > 0)
    .sort((one, other) => other.seconds - one.seconds || one.day - other.day || one.hour - other.hour)
    .slice(0, most);
}
