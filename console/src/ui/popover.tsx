import { Popover as BasePopover } from '@base-ui/react/popover';
import type { ReactNode } from 'react';
import './overlays.css';

export interface PopoverProps {
  readonly open: boolean;
  readonly onClose: () => void;
  /** What it belongs to. */
  readonly anchor: Element | null;
  readonly title: string;
  readonly children: ReactNode;
  readonly side?: 'bottom' | 'left' | 'right' | 'top';
}

/** A small panel beside what it belongs to: closes by Escape and by a press elsewhere, and gives the focus back. */
export function Popover({ open, onClose, anchor, title, children, side = 'bottom' }: PopoverProps) {
  return (
    <BasePopover.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <BasePopover.Portal>
        <BasePopover.Positioner
          anchor={anchor}
          side={side}
          align="end"
          sideOffset={6}
          collisionPadding={12}
          className="popover-place"
        >
          <BasePopover.Popup className="popover" finalFocus={() => (anchor instanceof HTMLElement ? anchor : true)}>
            <BasePopover.Title className="popover-title">{title}</BasePopover.Title>
            {children}
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}
