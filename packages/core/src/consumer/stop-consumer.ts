/** Thrown in any handler to end the consumer cleanly: the connection closes with 1000, and nothing is logged. */
export class StopConsumer extends Error {
  constructor() {
    super("the consumer stopped");
    this.name = "StopConsumer";
  }
}
