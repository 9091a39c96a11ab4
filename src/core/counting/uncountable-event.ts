/** What an event carries cannot be counted, whoever tries: the event is put aside for its own sake. */
export class UncountableEvent extends RangeError {
  constructor(message: string) {
    super(message);
    this.name = 'UncountableEvent';
  }
}
