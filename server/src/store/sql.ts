/** The few words in which the databases' SQL differs, where a whole statement does not. */
export interface Sql {
  readonly dialect: 'sqlite' | 'postgresql'
  /** The database's clock; leases and the queue know no other. */
  now: string
  /** The column as milliseconds since 1970. */
  epochMs: (column: string) => string
  /** A parameter of milliseconds since 1970, as a moment. */
  instant: (param: string) => string
  /** A moment, so many milliseconds later. */
  later: (moment: string, param: string) => string
  /** The column has the pattern of `containing`, in whatever case. */
  like: (column: string, param: string) => string
  /** The texts of a JSON array, for `IN`. */
  texts: (param: string) => string
  /** Parameter `json`: [offset, type, atMs, data][]; appends them below the run's `lastSeq` (an offset is 0 or less). `where` names the run, called r. */
  insertEvents: (json: string, actor: string, where: string) => string
}
