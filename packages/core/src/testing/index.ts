export { type Closed, Communicator, type Patience } from "./communicator.ts";
export { type Arrived, type Complaint, ContractCommunicator } from "./contract-communicator.ts";
export type { HttpApplication } from "./http-answer.ts";
export { type ConnectOptions, type TestedApplication, TestServer, testServer } from "./test-server.ts";
export { InProcessBroker, type InProcessBrokerOptions } from "./in-process-broker.ts";
export { InProcessNetwork } from "./in-process-network.ts";
export { conformanceSkip, layerConformance } from "./layer-conformance.ts";
export type {
  ConformanceCase,
  ConformanceFaults,
  ConformanceHarness,
  ConformanceNeed,
  ConformanceSkip,
} from "./layer-conformance-case.ts";
