/** The same sequences as in every run of the tests, many more of them. */
process.env.CONSERVATION_RUNS ??= '120';
await import('../custody/conservation.cases.ts');
