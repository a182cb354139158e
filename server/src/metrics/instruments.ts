import { Counter, Gauge, Histogram, Registry } from 'prom-client'

/** Makes the instruments of one registry; names have base units, and the labels of each are closed or bounded. */
export interface Instruments {
  registry: Registry
  gauge: <Label extends string = never>(name: string, help: string, labels?: Label[]) => Gauge<Label>
  counter: <Label extends string = never>(name: string, help: string, labels?: Label[]) => Counter<Label>
  histogram: <Label extends string = never>(name: string, help: string, buckets: number[], labels?: Label[]) => Histogram<Label>
}

export function createInstruments(): Instruments {
  const registry = new Registry()
  const registers = [registry]
  return {
    registry,
    gauge: (name, help, labelNames = []) => new Gauge({ name, help, labelNames, registers }),
    counter: (name, help, labelNames = []) => new Counter({ name, help, labelNames, registers }),
    histogram: (name, help, buckets, labelNames = []) => new Histogram({ name, help, buckets, labelNames, registers }),
  }
}

/** Seconds: of what the database or a socket does. */
export const SHORT_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]
/** Seconds: of what an agent or a model does. */
export const LONG_BUCKETS = [0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 1800, 3600]
