import { type ComponentProps, type ReactNode, useId } from 'react';
import { DownIcon } from './icons.js';
import './field.css';

export interface TextFieldProps extends Omit<ComponentProps<'input'>, 'id'> {
  readonly label: string;
  /** Not shown, where what stands around says it. */
  readonly labelUnseen?: boolean;
  readonly hint?: ReactNode;
  /** What is wrong with the value. */
  readonly fault?: string | undefined;
  readonly icon?: ReactNode;
  readonly after?: ReactNode;
}

/** One line of text, with its label, and what is wrong with it tied to it. */
export function TextField({
  label,
  labelUnseen = false,
  hint,
  fault,
  icon,
  after,
  className = '',
  ...rest
}: TextFieldProps) {
  const id = useId();
  const described = [fault === undefined ? '' : `${id}-fault`, hint === undefined ? '' : `${id}-hint`].join(' ').trim();
  return (
    <div className={`field ${className}`}>
      <label htmlFor={id} className={labelUnseen ? 'unseen' : 'field-label'}>
        {label}
      </label>
      <div className="field-box" data-faulty={fault === undefined ? undefined : ''}>
        {icon}
        <input
          {...rest}
          id={id}
          aria-invalid={fault === undefined ? undefined : true}
          aria-describedby={described || undefined}
        />
        {after}
      </div>
      {fault !== undefined && (
        <p id={`${id}-fault`} className="field-fault">
          {fault}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      )}
    </div>
  );
}

export interface TextAreaProps extends Omit<ComponentProps<'textarea'>, 'id'> {
  readonly label: string;
  /** Not shown, where what stands around says it. */
  readonly labelUnseen?: boolean;
  /** What is to be known of the value; what is wrong with it, where it is `faulty`. */
  readonly hint?: string;
  readonly faulty?: boolean;
}

/** Some lines of text, with their label. It grows with what stands in it, as far as browsers know how. */
export function TextArea({ label, labelUnseen = false, hint, faulty = false, className = '', ...rest }: TextAreaProps) {
  const id = useId();
  return (
    <div className={`field ${className}`}>
      {!labelUnseen && (
        <label htmlFor={id} className="field-label">
          {label}
        </label>
      )}
      <div className="field-box" data-faulty={faulty ? '' : undefined}>
        <textarea
          rows={2}
          {...rest}
          id={id}
          aria-label={labelUnseen ? label : undefined}
          aria-invalid={faulty || undefined}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        />
      </div>
      {hint !== undefined && (
        <p id={`${id}-hint`} className={faulty ? 'field-fault' : 'field-hint'}>
          {hint}
        </p>
      )}
    </div>
  );
}

export interface SelectProps extends Omit<ComponentProps<'select'>, 'onChange' | 'value'> {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly onChoose: (value: string) => void;
}

/** One of a few known values: the browser's own select, which every device has a good one of. */
export function Select({ label, value, options, onChoose, className = '', ...rest }: SelectProps) {
  return (
    <label className={`select ${className}`}>
      <span className="unseen">{label}</span>
      <select {...rest} value={value} onChange={({ target }) => onChoose(target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <DownIcon aria-hidden />
    </label>
  );
}

/** A choice with its label in sight. */
export function SelectField({ className = '', ...choice }: SelectProps) {
  return (
    <div className={`field ${className}`}>
      <span className="field-label" aria-hidden>
        {choice.label}
      </span>
      <Select {...choice} />
    </div>
  );
}

/** On or off, at once. The browser's own checkbox, since long lists have many. */
export function Switch({ label, ...rest }: Omit<ComponentProps<'input'>, 'type'> & { readonly label: string }) {
  // biome-ignore lint/a11y/useAriaPropsForRole: of a checkbox the browser tells whether it is checked
  return <input {...rest} type="checkbox" role="switch" className="switch" aria-label={label} />;
}

/** Whether something is picked. */
export function Checkbox({
  label,
  className = '',
  ...rest
}: Omit<ComponentProps<'input'>, 'type'> & { readonly label: string }) {
  return <input {...rest} type="checkbox" className={`checkbox ${className}`} aria-label={label} />;
}
