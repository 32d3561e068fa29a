const socket = new WebSocket(`ws://${location.host}/echo`);
socket.onmessage = ({ data }) => console.log(data);
