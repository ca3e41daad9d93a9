/** Seeded random numbers: the same seed gives the same releases on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  readonly uniform: () => number;
  readonly normal: () => number;
  readonly poisson: (mean: number) => number;
  readonly binomial: (n: number, p: number) => number;
}

export function seeded(seed: number): Random {
  const uniform = mulberry32(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal, poisson: (mean) => poisson(mean, uniform), binomial: (n, p) => binomial(n, p, uniform) };
}

/** Tommy Ettinger's mulberry32: 32 bits of state, ample for a simulation. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** By inversion: exact, and fast for the means of one second (below 700, where exp(-mean) is still a number). */
function poisson(mean: number, uniform: () => number): number {
  let chance = Math.exp(-mean);
  let left = uniform() - chance;
  let count = 0;
  while (left > 0 && chance > 0) {
    count += 1;
    chance *= mean / count;
    left -= chance;
  }
  return count;
}

/** By inversion from the likelier side, so that the loop is as long as the rarer outcome is frequent. */
function binomial(n: number, p: number, uniform: () => number): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(n, 1 - p, uniform);
  let chance = (1 - p) ** n;
  let left = uniform() - chance;
  let count = 0;
  while (left > 0 && count < n) {
    chance *= ((n - count) / (count + 1)) * (p / (1 - p));
    count += 1;
    left -= chance;
  }
  return count;
}
