import type { Operation, OperationName } from './operation.ts';

/** The operation with this name, with its arguments. Those that share their arguments share their type. */
export type OperationOf<Name extends OperationName> = Choose<Operation, Name>;

type Choose<Member extends Operation, Name> = Member extends Operation
  ? Name extends Member['op']
    ? Member
    : never
  : never;
