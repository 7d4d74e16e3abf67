using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Paging.Guest.Debugging;

/// <summary>Packets of gdb's remote protocol on a connection: <c>$text#checksum</c>, each acknowledged until both agree not to.</summary>
/// <remarks>
/// A thread of its own reads, so that an interrupt (byte 3) is seen while the program runs. Texts are Latin-1: a character is a byte. gdb's
/// manual, "Remote Serial Protocol", Overview.
/// </remarks>
internal sealed class PacketStream : IDisposable
{
    private const byte Interrupt = 3, Escape = (byte)'}';    // Ctrl-C comes outside of packets (GDB, Interrupts)
    private const int EscapeMask = 0x20;    // GDB, Overview of the Remote Protocol

    private readonly Stream _stream;
    private readonly Action _interrupted;
    private readonly BlockingCollection<string> _packets = [];

    /// <param name="stream">The connection; it is closed with this.</param>
    /// <param name="interrupted">Called on another thread when gdb interrupts the program or disconnects.</param>
    public PacketStream(Stream stream, Action interrupted)
    {
        (_stream, _interrupted) = (stream, interrupted);
        Thread reader = new(Read) { IsBackground = true, Name = "gdb" };
        reader.Start();
    }

    /// <summary>True if packets are not acknowledged (QStartNoAckMode).</summary>
    public bool IsReliable { get; set; }

    /// <summary>Waits for the next packet. Returns null if gdb has disconnected.</summary>
    public string? Take() => _packets.TryTake(out string? packet, Timeout.Infinite) ? packet : null;

    /// <summary>Sends a packet. Errors are ignored: gdb has disconnected, which the next <see cref="Take"/> reports.</summary>
    public void Send(string text)
    {
        StringBuilder packet = new("$", text.Length + 4);
        foreach (char letter in text)
        {
            if (letter is '#' or '$' or '}' or '*') packet.Append((char)Escape).Append((char)(letter ^ EscapeMask));
            else packet.Append(letter);
        }

        int sum = 0;
        for (int i = 1; i < packet.Length; i++) sum += packet[i];
        packet.Append(CultureInfo.InvariantCulture, $"#{sum & 0xFF:x2}");    // the sum of the characters sent, escapes included
        SendRaw(Encoding.Latin1.GetBytes(packet.ToString()));
    }

    public void Dispose()
    {
        _stream.Dispose();
    }

    private void SendRaw(ReadOnlySpan<byte> bytes)
    {
        try
        {
            lock (_stream) _stream.Write(bytes);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            if (!_packets.IsAddingCompleted) Wake();
        }
    }

    /// <summary>Wakes <see cref="Take"/>, as the end of the reader does too.</summary>
    private void Wake()
    {
        try
        {
            _packets.TryAdd("");
        }
        catch (InvalidOperationException)
        {
        }
    }

    private void Read()
    {
        StringBuilder text = new();
        bool isInside = false;
        try
        {
            for (int next = _stream.ReadByte(); next >= 0; next = _stream.ReadByte())
            {
                if (next == '$') (isInside, _) = (true, text.Clear());
                else if (!isInside && next == Interrupt) _interrupted();
                else if (isInside && next == '#') isInside = Finish(text);
                else if (isInside && next == Escape) text.Append((char)(_stream.ReadByte() ^ EscapeMask));
                else if (isInside) text.Append((char)next);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
        }

        _packets.CompleteAdding();
        _interrupted();
    }

    /// <summary>The checksum is not compared: the connection does not lose bytes.</summary>
    private bool Finish(StringBuilder text)
    {
        _stream.ReadByte();
        _stream.ReadByte();
        if (!IsReliable) SendRaw("+"u8);    // before the packet is executed: gdb waits for it
        if (text.Length == 0) Send("");    // no packet is unknown without an answer
        else _packets.Add(text.ToString());
        return false;
    }
}
