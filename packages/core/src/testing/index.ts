export { type Closed, Communicator, type Patience } from "./communicator.ts";
export { type Arrived, type Complaint, ContractCommunicator } from "./contract-communicator.ts";
export type { HttpApplication } from "./http-answer.ts";
export { type ConnectOptions, type TestedApplication, TestServer, testServer } from "./test-server.ts";
