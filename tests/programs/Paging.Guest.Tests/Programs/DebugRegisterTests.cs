using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Paging.Guest.Tests;

/// <summary>The x87's words as gdb's protocol shows and sets them, without gdb.</summary>
/// <remarks>Source: gdb's 32bit-core.xml; Intel SDM 1, table 10-2.</remarks>
public sealed class DebugRegisterTests
{
    private const string ControlOfAFreshProgram = "7f030000", AllEmpty = "ffff0000";

    [Trait("Category", "Medium")]
    [Fact]
    public async Task TheWordsOfTheX87AreEachAtTheirPlace()
    {
        RequiredProcessor.Check();
        using GuestRun run = new();
        string program = Path.Combine(run.Root, "built");
        BuiltPrograms.Compile(Path.Combine(BuiltPrograms.RepositoryRoot(), "tests", "programs", "sources", "spin.c"), program);
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using TcpClient client = new();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        await using NetworkStream wire = client.GetStream();
        string inside = run.Install(program, "spin");
        Socket socket = listener.AcceptSocket();
        Task<Outcome> guest = Task.Run(() => run.AsGuest(new NetworkStream(socket, ownsSocket: true), inside));
        Ask(wire, "?");
        string before = $"{Ask(wire, "p18")} {Ask(wire, "p19")} {Ask(wire, "p1a")}";
        string answer = Ask(wire, "P19=00380000");
        string after = $"{Ask(wire, "p18")} {Ask(wire, "p19")} {Ask(wire, "p1a")}";
        Send(wire, "k");
        await guest.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        Assert.Equal($"{ControlOfAFreshProgram} 00000000 {AllEmpty}", before);
        Assert.Equal("OK", answer);
        Assert.Equal($"{ControlOfAFreshProgram} 00380000 {AllEmpty}", after);
    }

    private static string Ask(NetworkStream wire, string packet)
    {
        Send(wire, packet);
        while (wire.ReadByte() is not '$' and not -1) { }
        StringBuilder text = new();
        for (int next = wire.ReadByte(); next is not '#' and not -1; next = wire.ReadByte()) text.Append((char)next);
        wire.ReadByte();
        wire.ReadByte();
        wire.WriteByte((byte)'+');
        return text.ToString();
    }

    private static void Send(NetworkStream wire, string packet)
    {
        int sum = packet.Sum(static letter => letter) & 0xFF;
        wire.Write(Encoding.ASCII.GetBytes($"${packet}#{sum.ToString("x2", CultureInfo.InvariantCulture)}"));
    }
}
