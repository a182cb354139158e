/** A file that stands in a data folder while a backup is being restored into it: no server begins there before all is there. */
export const RESTORE_MARK = 'restoring'
