/** The icons of the console, by what they mean here. */
import { circle, dot, drawn } from './icon.js';

const RING = circle(12, 12, 9);

// Arrows and angles.
export const BackIcon = drawn('M19.5 12h-15M10.5 6l-6 6 6 6', 'along');
export const MoveUpIcon = drawn('M12 19.5v-15M6 10.5l6-6 6 6');
export const MoveDownIcon = drawn('M12 4.5v15M6 13.5l6 6 6-6');
export const UpIcon = drawn('M6 15l6-6 6 6');
export const DownIcon = drawn('M6 9l6 6 6-6');
export const ForwardIcon = drawn('M9 6l6 6-6 6', 'along');
export const EnterIcon = drawn('M19.5 5v7a3 3 0 0 1-3 3h-12M9 10.5L4.5 15 9 19.5');
export const UndoIcon = drawn('M4.5 9.5H15a5 5 0 0 1 0 10h-5M9 5L4.5 9.5 9 14');
export const RedoIcon = drawn('M19.5 9.5H9a5 5 0 0 0 0 10h5M15 5l4.5 4.5L15 14');
export const AgainIcon = drawn('M19.9 13.5A8 8 0 1 1 18.7 7.7M19 3.2v4.6h-4.6');
export const DownloadIcon = drawn('M12 3.5v12M6.5 10.5l5.5 5 5.5-5M4 20.5h16');
export const SignOutIcon = drawn(
  'M10 4H6.5A2.5 2.5 0 0 0 4 6.5v11A2.5 2.5 0 0 0 6.5 20H10M10 12h10.5M16 7.5l4.5 4.5-4.5 4.5',
  'along',
);
const LINES = 'M4 5h16M12 9.7h8M12 14.3h8M4 19h16';
export const IndentIcon = drawn(`${LINES}M4.5 9l3 3-3 3`, 'along');
export const OutdentIcon = drawn(`${LINES}M7.5 9l-3 3 3 3`, 'along');

// Signs.
export const AddIcon = drawn('M12 5v14M5 12h14');
export const MinusIcon = drawn('M5 12h14');
export const CloseIcon = drawn('M6 6l12 12M18 6L6 18');
export const CheckIcon = drawn('M4.5 12.5l5 5 10-11');
export const ShareIcon = drawn(`M18.5 5.5l-13 13${circle(7, 7, 2.5)}${circle(17, 17, 2.5)}`);
export const PauseIcon = drawn('M8.5 5v14M15.5 5v14');
export const ResumeIcon = drawn('M8 5l11 7-11 7z');
export const GripIcon = drawn([6, 12, 18].flatMap((y) => [dot(9, y), dot(15, y)]).join(''));

// States: rings, so that they stand in one column.
export const OffIcon = drawn(RING);
export const DoneIcon = drawn(`${RING}M8 12.4l2.8 2.8 5.2-5.7`);
export const TargetedIcon = drawn(`${RING}${circle(12, 12, 1.9)}${circle(12, 12, 0.6)}`);
export const BlockedIcon = drawn(`${RING}M5.7 5.7l12.6 12.6`);
export const FailedIcon = drawn(`${RING}M12 7.5v5${dot(12, 16.2)}`);
export const HelpIcon = drawn(`${RING}M9.3 9.5a2.75 2.75 0 1 1 4.1 2.4c-.9.5-1.4 1-1.4 2${dot(12, 17)}`);
/** A ring of eight pieces. */
export const UnknownIcon = drawn(
  Array.from({ length: 8 }, (_, piece) => {
    const at = (turn: number) => {
      const angle = ((piece + turn) * Math.PI) / 4;
      return `${(12 + 9 * Math.cos(angle)).toFixed(2)} ${(12 + 9 * Math.sin(angle)).toFixed(2)}`;
    };
    return `M${at(-0.17)}A9 9 0 0 1 ${at(0.17)}`;
  }).join(''),
);
export const WarnIcon = drawn(
  `M10.6 4.6a1.6 1.6 0 0 1 2.8 0l7.3 12.9a1.6 1.6 0 0 1-1.4 2.4H4.7a1.6 1.6 0 0 1-1.4-2.4zM12 9.5v3.7${dot(12, 16.5)}`,
);
export const RefusedIcon = drawn(
  'M12 3l7.5 2.8v5.7c0 4.6-3 8-7.5 9.5-4.5-1.5-7.5-4.9-7.5-9.5V5.8zM9.5 9.5l5 5M14.5 9.5l-5 5',
);
export const AwayIcon = drawn(
  'M9.5 5.8a6 6 0 0 1 8.3 4.8 4 4 0 0 1 2.3 5.9M6.3 9.9A4.4 4.4 0 0 0 7 18.5h9.8M3.5 3.5l17 17',
);
export const HealthIcon = drawn('M2.5 12.5h4l3-8 5 15 3-7h4');

// What Latchkey has.
export const FlagIcon = drawn('M5 21V4h14l-3.2 4.6 3.2 4.6H5');
export const EarnedIcon = drawn(`${circle(7.75, 16.25, 4.25)}M10.8 13.2l9.7-9.7M15.8 8.2l3.2 3.2M18.8 5.2l2 2`);
export const ScheduledIcon = drawn(
  `M6 5h12a2.5 2.5 0 0 1 2.5 2.5V18a2.5 2.5 0 0 1-2.5 2.5H6A2.5 2.5 0 0 1 3.5 18V7.5A2.5 2.5 0 0 1 6 5zM8 2.8v4M16 2.8v4M3.5 10.5h17${circle(15.7, 15.7, 0.75)}`,
);
export const SegmentIcon = drawn(`${circle(8.75, 12, 5.75)}${circle(15.25, 12, 5.75)}`);
export const PersonIcon = drawn(`${circle(12, 7.75, 4)}M4.5 20.5a7.5 7.5 0 0 1 15 0`);
export const PeopleIcon = drawn(
  `${circle(9, 8, 3.5)}M2.5 19.5a6.5 6.5 0 0 1 13 0M15.5 4.8a3.5 3.5 0 0 1 0 6.4M18 14a6.5 6.5 0 0 1 3.5 5.5`,
);
export const OrganizationIcon = drawn(
  'M4.5 20.5v-15A1.5 1.5 0 0 1 6 4h6.5A1.5 1.5 0 0 1 14 5.5v15M14 10h4a1.5 1.5 0 0 1 1.5 1.5v9M2.5 20.5h19M8.3 8.5h1.9M8.3 12.3h1.9M8.3 16.1h1.9',
);
/** Stages, one above the other. */
export const OnboardingIcon = drawn('M3 19.5h4.5v-5H12v-5h4.5v-5H21');
export const TodayIcon = drawn(
  'M3 19.5h18M7 15.5a5 5 0 0 1 10 0M12 4.5v2.3M4.7 8.2l1.6 1.6M19.3 8.2l-1.6 1.6M2.5 15.5h1M20.5 15.5h1',
);
export const HistoryIcon = drawn('M4.05 9a8.5 8.5 0 1 1-.3 5M3.8 4.2V9h4.8M12 7.8V12l3 2');
export const SettingsIcon = drawn(
  `M3.5 7.5h8M17 7.5h3.5M3.5 16.5H7M12.5 16.5h8${circle(14.25, 7.5, 2.75)}${circle(9.75, 16.5, 2.75)}`,
);
export const TagIcon = drawn(
  `M12.2 3.5h8.3v8.3l-8.2 8.2a1.8 1.8 0 0 1-2.6 0l-5.7-5.7a1.8 1.8 0 0 1 0-2.6z${dot(16, 8)}`,
);
export const LabelIcon = drawn(
  'M5.5 4h13A2.5 2.5 0 0 1 21 6.5v8a2.5 2.5 0 0 1-2.5 2.5h-7L7 20.8V17H5.5A2.5 2.5 0 0 1 3 14.5v-8A2.5 2.5 0 0 1 5.5 4zM7.5 8.7h9M7.5 12.4h5.5',
);
/** Two lines between brackets. */
export const GroupIcon = drawn(
  'M8 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h2M16 4h2a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-2M8.5 9.7h7M8.5 14.3h7',
);
export const FactValueIcon = drawn(
  `M8.5 4C4 4 8 12 3.5 12 8 12 4 20 8.5 20M15.5 4c4.5 0 .5 8 5 8-4.5 0-.5 8-5 8${dot(12, 12)}`,
);
/** A hook, with its eye and its barb. */
export const WebhookIcon = drawn(`${circle(16.5, 5, 2)}M16.5 7v7.5a5 5 0 0 1-10 0V10L10 13.5`);

// What is done with it.
export const FindIcon = drawn(`${circle(10.5, 10.5, 6.5)}M15.3 15.3l5.2 5.2`);
export const CopyIcon = drawn(
  'M11.5 9h6.5a2.5 2.5 0 0 1 2.5 2.5V18a2.5 2.5 0 0 1-2.5 2.5h-6.5A2.5 2.5 0 0 1 9 18v-6.5A2.5 2.5 0 0 1 11.5 9zM15 5.5a2 2 0 0 0-2-2H6A2.5 2.5 0 0 0 3.5 6v7a2 2 0 0 0 2 2',
);
export const RemoveIcon = drawn(
  'M4 6.5h16M9 6.5v-2a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v2M6 6.5l.8 12a2.1 2.1 0 0 0 2.1 2h6.2a2.1 2.1 0 0 0 2.1-2l.8-12M10 11v5M14 11v5',
);
export const ArchiveIcon = drawn(
  'M3 4.5h18v4.7H3zM4.8 9.2V18a2.5 2.5 0 0 0 2.5 2.5h9.4a2.5 2.5 0 0 0 2.5-2.5V9.2M10 13.5h4',
);
/** An open box, and what comes out of it. */
export const BringBackIcon = drawn(
  'M7.5 11H4v7a2.5 2.5 0 0 0 2.5 2.5h11A2.5 2.5 0 0 0 20 18v-7h-3.5M12 16V3.5M8 7.5l4-4 4 4',
);
export const SendIcon = drawn('M20.5 3.5l-17 6.7 6.8 3.5 3.5 6.8zM10.3 13.7l4.2-4.2');
export const PinIcon = drawn('M8 4h8M9.5 4v5.5l-3 5h11l-3-5V4M12 14.5v6');
/** A pin that leaves room for the line through it. */
export const UnpinIcon = drawn('M8.5 4H16M9.5 4v2.3M14.5 4v5.5l1.8 3M8.9 10.5l-2.4 4H12v6M3.5 3.5l17 17');
export const KeysIcon = drawn(
  `M5 6h14a2.5 2.5 0 0 1 2.5 2.5v7A2.5 2.5 0 0 1 19 18H5a2.5 2.5 0 0 1-2.5-2.5v-7A2.5 2.5 0 0 1 5 6z${[6.8, 10.3, 13.7, 17.2].map((x) => dot(x, 10)).join('')}M8 14h8`,
);
export const NoticesIcon = drawn(
  'M7.5 3.5h6l5.5 5.5v9a2.5 2.5 0 0 1-2.5 2.5h-9A2.5 2.5 0 0 1 5 18V6a2.5 2.5 0 0 1 2.5-2.5zM9 12h6M9 16h3.5',
);

// How the console looks.
export const SystemIcon = drawn(
  'M5.5 4h13A2.5 2.5 0 0 1 21 6.5V14a2.5 2.5 0 0 1-2.5 2.5h-13A2.5 2.5 0 0 1 3 14V6.5A2.5 2.5 0 0 1 5.5 4zM12 16.5v4M8 20.5h8',
);
export const LightIcon = drawn(
  `${circle(12, 12, 4)}M12 2.5v1.5M12 20v1.5M2.5 12H4M20 12h1.5M5.3 5.3l1 1M17.7 17.7l1 1M5.3 18.7l1-1M17.7 6.3l1-1`,
);
export const DarkIcon = drawn('M19.8 14.3A8.3 8.3 0 1 1 9.7 4.2a6.7 6.7 0 0 0 10.1 10.1z');
