/** Does a call say with this that the disk is damaged: EFSCORRUPTED (EUCLEAN), or EFSBADCRC (EBADMSG) of a checksum? */
export const saysDamage = (errno: unknown): boolean => errno === 'EUCLEAN' || errno === 'EBADMSG';
