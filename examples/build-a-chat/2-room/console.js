const socket = new WebSocket(`ws://${location.host}/rooms/red`);
socket.onmessage = ({ data }) => console.log(data);
window.say = (from, text) => socket.send(JSON.stringify({ type: "say", data: { from, text } }));
