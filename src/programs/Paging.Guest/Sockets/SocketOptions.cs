using Paging.Guest.Records;

namespace Paging.Guest.Sockets;

/// <summary>The options set by setsockopt(2). Linux: struct sock.</summary>
internal sealed class SocketOptions
{
    /// <summary>net.core.wmem_default.</summary>
    public const int DefaultBuffer = 212_992;    // net.core.wmem_default: 256 packets of 832 bytes

    /// <summary>net.core.wmem_max and rmem_max, 4 MiB since 6.15.</summary>
    public const int BufferMax = 4 << 20;

    public int SendBuffer { get; set; } = DefaultBuffer;

    public int ReceiveBuffer { get; set; } = DefaultBuffer;

    /// <summary>The timeout in nanoseconds; null for no limit.</summary>
    public long? ReceiveTimeout { get; set; }

    public long? SendTimeout { get; set; }

    /// <summary>Options that can be set and read, and have no effect between processes of one machine.</summary>
    public Dictionary<int, int> Kept { get; } = [];

    public void Save(RecordWriter writer)
    {
        writer.Write(SendBuffer);
        writer.Write(ReceiveBuffer);
        writer.Write(ReceiveTimeout);
        writer.Write(SendTimeout);
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
        int count = reader.ReadCount();
        for (int i = 0; i < count; i++) Kept[reader.ReadNumber()] = reader.ReadNumber();
    }
}
