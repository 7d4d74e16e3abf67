using System.Collections.Immutable;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Vfs.Host;

namespace Paging.Guest.Checkpoints;

/// <summary>
/// The standard streams in a checkpoint. Of the host's descriptors only the position in a file is saved: the resuming process has its own.
/// </summary>
internal sealed class StandardFiles(HostWaits waits, HostDisk disk, IReadOnlyList<int> descriptors)
{
    private static readonly ImmutableArray<string> Names = ["input", "output", "errors"];

    public HostStream Load(RecordReader reader, FileFlags flags)
    {
        int number = reader.ReadIndex(Names.Length, "the number of a standard stream");
        string path = reader.ReadText();
        long position = reader.ReadWideNumber();
        int descriptor = number < descriptors.Count ? descriptors[number] : -1;
        FileStatus status = default;
        bool isThere = descriptor >= 0 && HostLimits.IsInherited(descriptor) && HostCalls.Status(descriptor, out status) == Errno.None;
        if (!isThere) throw new InvalidDataException($"The checkpoint needs standard {Names[number]}, which is closed here.");
        HostStream stream = new(waits, disk.OpenStream(descriptor), descriptor, flags, path);
        if (position < 0 || !status.IsRegular) return stream;
        if (position > status.ByteLength)
        {
            stream.Release();
            throw new InvalidDataException($"Standard {Names[number]} is shorter than when the checkpoint was written.");
        }

        stream.Seek(position, (int)SeekOrigin.Begin);
        return stream;
    }

    /// <summary>Returns the number of a standard stream; −1 for another descriptor of the host.</summary>
    public int NumberOf(int hostDescriptor)
    {
        for (int i = 0; i < Math.Min(descriptors.Count, Names.Length); i++)
            if (descriptors[i] == hostDescriptor) return i;
        return -1;
    }

    /// <summary>Returns the reason why a stream cannot be saved, or null.</summary>
    public string? Obstacle(HostStream stream)
    {
        if (stream.Status(out FileStatus status) != Errno.None) return "a stream that the host has closed";
        if (status.IsSocket) return "a socket of the host";
        bool isTerminal = IsTerminal(stream);
        if (NumberOf(stream.HostDescriptor) < 0 || stream.Path is "/dev/tty") return isTerminal ? "a terminal" : "a descriptor of the host";
        return isTerminal && waits.Contains(stream.HostDescriptor) ? "a terminal, for whose input it waits" : null;
    }

    private static bool IsTerminal(HostStream stream)
    {
        const uint getSettings = 0x5401;    // TCGETS: only a terminal knows it (isatty(3))
        Span<byte> settings = stackalloc byte[64];
        return HostCalls.Ioctl(stream.HostDescriptor, getSettings, settings).IsValue;
    }
}
