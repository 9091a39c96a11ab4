import { TextField, type TextFieldProps } from '../../ui/field.js';

/** The zone of this browser, by which the field is read. */
export const ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

export interface LocalInstantFieldProps extends Pick<TextFieldProps, 'label' | 'hint' | 'fault' | 'required'> {
  /** What the clocks here read: `2026-11-28T14:00`; empty for nothing. */
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/** An instant as the clocks here read it; {@link epochOf} tells which one that is. */
export function LocalInstantField({ value, onValue, ...rest }: LocalInstantFieldProps) {
  return <TextField {...rest} type="datetime-local" value={value} onChange={({ target }) => onValue(target.value)} />;
}

/**
 * The instant of a reading, in epoch milliseconds: the first one where the clocks are set back over it, and moved on by as much where they
 * are set forward. Undefined: it is none.
 */
export function epochOf(local: string): number | undefined {
  const found = Date.parse(local);
  return Number.isNaN(found) ? undefined : found;
}
