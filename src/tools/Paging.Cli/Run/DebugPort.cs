using System.Net;
using System.Net.Sockets;

namespace Paging.Cli.Run;

/// <summary>The port on which <c>paging run --gdb</c> waits for gdb, on the loopback interface only.</summary>
internal static class DebugPort
{
    /// <summary>Waits until gdb connects. Returns false if the port cannot be opened.</summary>
    public static bool TryAccept(int port, TextWriter errors, out Stream? connection)
    {
        connection = null;
        try
        {
            using TcpListener listener = new(IPAddress.Loopback, port);
            listener.Start(1);
            errors.Write($"paging run: waits for gdb: target remote 127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}\n");
            errors.Flush();
            Socket socket = listener.AcceptSocket();
            socket.NoDelay = true;
            connection = new NetworkStream(socket, ownsSocket: true);
            return true;
        }
        catch (SocketException exception)
        {
            Refusal.Report(errors, $"paging run: --gdb {port}: {exception.Message}");
            return false;
        }
    }
}
