/** Where a backup goes. */
export type RestorePlace
  /** A data folder, with the database file that its server will use. */
  = | { kind: 'folder', dataDir: string, databasePath: string }
    /** A database; `dataDir` is this machine's, for a key that comes with the backup. */
    | { kind: 'postgresql', url: string, dataDir: string }
