export async function profileAll(..._: unknown[]): Promise<void> {}
