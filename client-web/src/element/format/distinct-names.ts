/**
 * Names that a person can tell apart, also by ear: where several are the same, all but the first get a
 * number.
 */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  const given = new Set(names.map(key));
  return names.map((name) => {
    let distinct = name;
    for (let count = 2; taken.has(key(distinct)); count += 1) {
      const numbered = `${name} (${count})`;
      // One of the other names may be written like that.
      if (!given.has(key(numbered))) distinct = numbered;
    }
    taken.add(key(distinct));
    return distinct;
  });
}

function key(name: string): string {
  return name.toLowerCase();
}
