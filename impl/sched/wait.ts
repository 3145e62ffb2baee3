/** What a sleeping task waits for; `ready` is asked again before every scheduling decision and has no effects. */
export interface Wait {
  /** In the field's words: `folio lock`, `folio writeback`, `i_rwsem`, `commit of transaction 3`. */
  readonly reason: string;
  ready(): boolean;
}
