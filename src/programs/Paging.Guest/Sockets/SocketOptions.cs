using Paging.Guest.Records;

namespace Paging.Guest.Sockets;

/// <summary>What setsockopt(2) has set. Linux: struct sock.</summary>
internal sealed class SocketOptions
{
    public const int PeekOffsetOption = 42;

    /// <summary>net.core.wmem_default.</summary>
    public const int DefaultBuffer = 212_992;

    /// <summary>net.core.wmem_max and rmem_max, 4 MiB since 6.15.</summary>
    public const int BufferMax = 4 << 20;

    public int SendBuffer { get; set; } = DefaultBuffer;

    public int ReceiveBuffer { get; set; } = DefaultBuffer;

    /// <summary>Nanoseconds; null: no limit.</summary>
    public long? ReceiveTimeout { get; set; }

    public long? SendTimeout { get; set; }

    /// <summary>A reader does not go on with less, where it may wait.</summary>
    public int ReceiveLowMark { get; set; } = 1;

    /// <summary>Messages tell who sent them.</summary>
    public bool PassesCredentials { get; set; }

    /// <summary>SO_LINGER: kept and told; nothing here lingers.</summary>
    public (int On, int Seconds) Linger { get; set; }

    /// <summary>SO_PEEK_OFF: where the next MSG_PEEK begins; below 0: always at the first byte. Linux: sk_peek_offset.</summary>
    public int PeekOffset
    {
        get => Kept.GetValueOrDefault(PeekOffsetOption, -1);
        set => Kept[PeekOffsetOption] = value;
    }

    /// <summary>Bytes were peeked at (MSG_PEEK), or taken, and the offset moves on, or back.</summary>
    public void MovePeekOffset(int byteCount)
    {
        if (PeekOffset >= 0) PeekOffset = Math.Max(PeekOffset + byteCount, 0);
    }

    /// <summary>Options that are kept and told, and have no effect between processes of one machine.</summary>
    public Dictionary<int, int> Kept { get; } = [];

    public void Save(RecordWriter writer)
    {
        writer.Write(SendBuffer);
        writer.Write(ReceiveBuffer);
        writer.Write(ReceiveTimeout);
        writer.Write(SendTimeout);
        writer.Write(ReceiveLowMark);
        writer.Write(PassesCredentials);
        writer.Write(Linger.On);
        writer.Write(Linger.Seconds);
        writer.Write(Kept.Count);
        foreach ((int option, int value) in Kept)
        {
            writer.Write(option);
            writer.Write(value);
        }
    }

    public void Load(RecordReader reader)
    {
        (SendBuffer, ReceiveBuffer) = (reader.ReadNumber(), reader.ReadNumber());
        (ReceiveTimeout, SendTimeout) = (reader.ReadOptional(), reader.ReadOptional());
        ReceiveLowMark = reader.ReadNumber();
        PassesCredentials = reader.ReadFlag();
        Linger = (reader.ReadNumber(), reader.ReadNumber());
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++) Kept[reader.ReadNumber()] = reader.ReadNumber();
    }
}
