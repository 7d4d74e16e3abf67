using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Paging.Guest.Tests;

/// <summary>The debugger's stub answers every packet, also those that no gdb sends.</summary>
public sealed class GdbPacketTests(BuiltPrograms programs)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("vCont;", "E16")]
    [InlineData("vCont;x", "E16")]
    [InlineData("vCont;t", "E16")]
    [InlineData("vCont;;c", "E16")]
    [InlineData("vCont;C", "E16")]
    [InlineData("vCont;Czz", "E16")]
    [InlineData("vCont;s:", "E16")]
    [InlineData("vCont;s:zz", "E16")]
    [InlineData("vCont;s:7fffffff", "E16")]
    [InlineData("vCont;c:p99.1", "E16")]
    [InlineData("vCont;c:p.1", "E16")]
    [InlineData("vCont", "")]
    [InlineData("vKill;99", "E16")]
    [InlineData("vKill;", "E16")]
    [InlineData("D;99", "E16")]
    [InlineData("Hgp99.1", "E16")]
    [InlineData("Hgzz", "E16")]
    [InlineData("T99", "E16")]
    [InlineData("T", "E16")]
    [InlineData("qRcmd", "*")]
    [InlineData("qThreadExtraInfo", "E16")]
    [InlineData("M", "E16")]
    [InlineData("M:", "OK")]
    [InlineData("Z2,0,bfffffff", "E16")]
    [InlineData("Z", "E16")]
    [InlineData("p", "*")]
    [InlineData("P=", "E16")]
    [InlineData("b", "")]
    [InlineData("", "")]
    [InlineData("qXfer:features:read:target.xml:ffffffff,ffffffff", "l")]
    public void APacketIsAnswered(string packet, string answer)
    {
        using Wire wire = new(programs);
        string said = wire.Ask(packet);
        if (answer is not "*") Assert.Equal(answer, said);
        Assert.StartsWith("T05thread:", wire.Ask("?"), StringComparison.Ordinal);    // and the program is still stopped
        Assert.Equal(GuestEnd.Stopped, wire.Kill());
    }

    /// <summary>A guest that waits for gdb at its first instruction.</summary>
    private sealed class Wire : IDisposable
    {
        private readonly GuestRun _run = new();
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TcpClient _client = new();
        private readonly NetworkStream _stream;
        private readonly Task<Outcome> _guest;

        public Wire(BuiltPrograms programs)
        {
            RequiredProcessor.Check();
            _listener.Start();
            _client.Connect((IPEndPoint)_listener.LocalEndpoint);
            _stream = _client.GetStream();
            _stream.ReadTimeout = (int)Patience.TotalMilliseconds;
            string inside = _run.Install(programs.Find("spin"), "spin");
            Socket socket = _listener.AcceptSocket();
            _guest = Task.Run(() => _run.AsGuest(new NetworkStream(socket, ownsSocket: true), inside));
            Ask("?");
        }

        public string Ask(string packet)
        {
            int sum = Encoding.Latin1.GetBytes(packet).Sum(static one => one) & 0xFF;
            _stream.Write(Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${packet}#{sum:x2}")));
            StringBuilder text = new();
            for (int next = _stream.ReadByte(); next != '$'; next = _stream.ReadByte()) Assert.Equal('+', (char)next);
            for (int next = _stream.ReadByte(); next != '#'; next = _stream.ReadByte()) text.Append((char)next);
            _stream.ReadByte();
            _stream.ReadByte();
            return text.ToString();
        }

        public GuestEnd Kill()
        {
            Ask("k");
            Assert.True(_guest.Wait(Patience));
            return _run.End;
        }

        public void Dispose()
        {
            _stream.Dispose();
            _client.Dispose();
            _listener.Dispose();
            if (_guest.Wait(Patience)) _run.Dispose();
        }
    }
}
