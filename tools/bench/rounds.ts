/** What one measurement of one side gave, by the measure's name. */
export type Measured = Readonly<Record<string, number>>;

export interface Side {
  readonly name: string;
  readonly measure: (round: number) => Promise<Measured>;
}

/** All rounds of each side, by the side's name. */
export type Rounds = Readonly<Record<string, readonly Measured[]>>;

/** Measures the sides in turn (A B A B …), so that what else the machine does meanwhile meets each of them alike. */
export async function alternate(sides: readonly Side[], rounds: number): Promise<Rounds> {
  const measured = new Map<string, Measured[]>(sides.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const { name, measure } of sides) measured.get(name)?.push(await measure(round));
  return Object.fromEntries(measured);
}
