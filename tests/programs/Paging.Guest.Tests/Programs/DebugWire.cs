using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Paging.Guest.Tests;

/// <summary>A debugger that speaks gdb's protocol with a guest, packet by packet.</summary>
internal sealed class DebugWire : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TcpClient _client = new();
    private readonly NetworkStream _wire;
    private readonly Task<Outcome> _guest;

    /// <summary>Starts a program, which waits before its first instruction.</summary>
    public DebugWire(GuestRun run, string program, string name)
    {
        _listener.Start();
        _client.Connect((IPEndPoint)_listener.LocalEndpoint);
        _wire = _client.GetStream();
        string inside = run.Install(program, name);
        Socket socket = _listener.AcceptSocket();
        _guest = Task.Run(() => run.AsGuest(new NetworkStream(socket, ownsSocket: true), inside));
        Assert.Equal("OK", Ask("QStartNoAckMode"));
        _wire.WriteByte((byte)'+');
        Assert.StartsWith("T05", Ask("?"), StringComparison.Ordinal);
    }

    /// <summary>All registers, as gdb gets them.</summary>
    public string Registers => Ask("g");

    /// <summary>EIP.</summary>
    public uint Place => BinaryPrimitives.ReadUInt32LittleEndian(Convert.FromHexString(Registers.AsSpan(8 * 8, 8)));

    /// <summary>Sends a packet and returns the answer, without those that are texts for the user.</summary>
    public string Ask(string packet)
    {
        int sum = 0;
        foreach (char letter in packet) sum += letter;
        _wire.Write(Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${packet}#{sum & 0xFF:x2}")));
        string answer;
        do answer = Receive();
        while (answer.StartsWith('O') && answer is not "OK");
        return answer;
    }

    /// <summary>The answer to a command of <c>monitor</c>.</summary>
    public string Monitor(string command) =>
        Encoding.UTF8.GetString(Convert.FromHexString(Ask("qRcmd," + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(command)))));

    /// <summary>Lets the program run to its end, and returns its outcome.</summary>
    public Outcome Finish()
    {
        string stop;
        do stop = Ask("c");
        while (stop.StartsWith('T'));
        Assert.True(_guest.Wait(Patience, TestContext.Current.CancellationToken));
        return _guest.Result;
    }

    /// <summary>Closes the connection without a word, as a debugger that is killed.</summary>
    public Outcome HangUp()
    {
        _client.Close();
        Assert.True(_guest.Wait(Patience, TestContext.Current.CancellationToken));
        return _guest.Result;
    }

    public void Dispose()
    {
        _wire.Dispose();
        _client.Dispose();
        _listener.Dispose();
    }

    private string Receive()
    {
        StringBuilder text = new();
        while (Next() != '$')
        {
        }

        for (char letter = Next(); letter != '#'; letter = Next()) text.Append(letter);
        _ = Next();
        _ = Next();
        return text.ToString();
    }

    private char Next() => _wire.ReadByte() is >= 0 and var next ? (char)next : throw new EndOfStreamException("The guest has hung up.");
}
