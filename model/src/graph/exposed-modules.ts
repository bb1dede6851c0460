/** The modules whose results form the result of a job, by the name that they have there, in declared order. */
export function exposedModules(modules: readonly { readonly expose: string | null }[]): Map<string, number> {
  return new Map(
    modules.flatMap(({ expose }, index): [string, number][] => (expose === null ? [] : [[expose, index]])),
  );
}
