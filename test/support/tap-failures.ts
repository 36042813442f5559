/** Lines kept of what a failure says of itself. */
const DIAGNOSTIC_LINES = 60;
const LINE_MAX = 400;

/**
 * Reads TAP line by line and keeps what failed, innermost only: where it stands, and what it says. A long log ends
 * with them, for whoever sees only its end.
 */
export function tapFailures() {
  const failures: string[] = [];
  const within: { readonly name: string; readonly failuresBefore: number }[] = [];
  let linesLeft = 0;

  const read = (line: string): void => {
    if (linesLeft > 0) {
      failures.push(`${failures.pop()}\n    ${line.trim().slice(0, LINE_MAX)}`);
      linesLeft = /^ *\.\.\.$/.test(line) ? 0 : linesLeft - 1;
      return;
    }
    const depth = line.search(/\S/) / 4;
    const subtest = /^ *# Subtest: (.*)$/.exec(line);
    if (subtest) within.splice(depth, within.length, { name: subtest[1]!, failuresBefore: failures.length });
    const point = /^ *(not )?ok \d+ -? ?([^#]*)(# (?:SKIP|TODO))?/.exec(line);
    if (!point) return;
    const closes = within[depth];
    const isTold = closes !== undefined && failures.length > closes.failuresBefore;
    within.splice(depth);
    if (!point[1] || point[3] || isTold) return;
    failures.push([...within.map(({ name }) => name), point[2]!.trim().slice(0, LINE_MAX)].join(' > '));
    linesLeft = DIAGNOSTIC_LINES;
  };
  return { read, failures: failures as readonly string[] };
}
