import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./style/tokens.css";
import "./style/controls.css";
import "./style/dialogs.css";
import "./style/sign-in.css";
import "./style/layout.css";
import "./style/sidebar.css";
import "./style/conversation.css";
import "./style/notices.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id root");
createRoot(root).render(<App />);
