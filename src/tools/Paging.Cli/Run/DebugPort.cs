using System.Net;
using System.Net.Sockets;

namespace Paging.Cli.Run;

/// <summary>The port of <c>paging run --gdb</c>, on the loopback interface only, and the connection of the first gdb.</summary>
/// <remarks>The machine gets this before gdb has connected, so that a run which cannot begin is refused at once. A read waits.</remarks>
internal sealed class DebugPort : Stream
{
    private readonly TcpListener _listener;
    private readonly Lazy<NetworkStream> _gdb;

    private DebugPort(TcpListener listener) => (_listener, _gdb) = (listener, new(Accept));

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Opens the port; gdb can connect from now on. Returns false if it cannot be opened.</summary>
    public static bool TryOpen(int port, TextWriter errors, out DebugPort? opened)
    {
        opened = null;
        TcpListener listener = new(IPAddress.Loopback, port);
        try
        {
            listener.Start(1);
            opened = new(listener);
        }
        catch (SocketException exception)
        {
            listener.Dispose();
            Refusal.Report(errors, $"paging run: --gdb {port}: {exception.Message}");
        }

        return opened is not null;
    }

    /// <summary>Reports the port, and waits for gdb. Called before the run handles signals, so they end the wait.</summary>
    public void Await(TextWriter errors)
    {
        errors.Write($"paging run: waits for gdb: target remote 127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}\n");
        errors.Flush();
        _ = _gdb.Value;
    }

    public override int Read(byte[] buffer, int offset, int count) => _gdb.Value.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => _gdb.Value.Write(buffer, offset, count);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _listener.Dispose();    // ends an Accept that waits
            if (_gdb.IsValueCreated) _gdb.Value.Dispose();
        }

        base.Dispose(disposing);
    }

    private NetworkStream Accept()
    {
        try
        {
            Socket socket = _listener.AcceptSocket();
            socket.NoDelay = true;
            return new(socket, ownsSocket: true);
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            throw new IOException("The run has ended before gdb connected.", exception);
        }
    }
}
