using System.Net;
using System.Net.Sockets;

namespace Swarm.Io.Net;

/// <summary>Sockets over the base library's asynchronous operations: any system, at the price of its thread pool's hand-offs.</summary>
internal sealed class PortableEngine : ISocketEngine
{
    public LinkSocket Attach(Socket socket, IPEndPoint remote)
    {
        socket.Blocking = false;
        return new PortableLinkSocket(socket, remote);
    }

    public IDisposable? Connect(Socket socket, IPEndPoint remote, Action<SocketError> done)
    {
        var operation = new SocketAsyncEventArgs { RemoteEndPoint = remote };
        operation.Completed += (_, finished) => Finish(finished, done);
        if (!socket.ConnectAsync(operation)) Finish(operation, done);
        // The base library ends an operation whose socket is disposed of.
        return null;
    }

    public void Dispose()
    {
        // Nothing of its own: threads and queues are the base library's.
    }

    private static void Finish(SocketAsyncEventArgs operation, Action<SocketError> done)
    {
        var error = operation.SocketError;
        operation.Dispose();
        done(error);
    }
}
