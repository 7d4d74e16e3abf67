using Paging.Core;
using Paging.Guest.Checkpoints;
using Paging.Guest.Records;
using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Guest;

/// <summary>An open checkpoint. Its settings can be read, and one new machine can resume it.</summary>
/// <remarks>Written by <see cref="GuestKernel.Save"/>. Use it with <see cref="GuestKernel.Resume"/>.</remarks>
public sealed class GuestCheckpoint
{
    private const int Version = 2;

    private GuestCheckpoint(RecordReader reader, Stream stream)
    {
        (Reader, Rest) = (reader, stream);
        reader.Open(RecordKind.Machine, Version);
        RamBytes = reader.ReadWideWord();
        Tables = (TableFormat)reader.ReadIndex((int)TableFormat.Pae + 1, "the format of page tables");
        Pace = (GuestPace)reader.ReadIndex((int)GuestPace.Host + 1, "the pace");
        Execution = (GuestExecution)reader.ReadIndex((int)GuestExecution.Direct + 1, "the processor");
        Features = new(reader.ReadWideWord(), reader.ReadWideWord());
        reader.Close();
    }

    /// <summary>The RAM of the machine. The resuming one may have more, or less with a swap device.</summary>
    public ulong RamBytes { get; }

    /// <summary>The format of its page tables.</summary>
    public TableFormat Tables { get; }

    /// <summary>The base of its time.</summary>
    public GuestPace Pace { get; }

    /// <summary>The processor of its programs. On the host's processor they may depend on its features.</summary>
    public GuestExecution Execution { get; }

    /// <summary>The features of that processor; none for an emulated one, which is the same everywhere.</summary>
    internal ProcessorFeatures Features { get; }

    /// <summary>The reader after the records read so far.</summary>
    internal RecordReader Reader { get; }

    /// <summary>The stream after the records.</summary>
    internal Stream Rest { get; }

    /// <summary>Reads everything but the memory of processes, and verifies its hash.</summary>
    /// <param name="stream">Read from its position; must stay open until the checkpoint is resumed.</param>
    /// <exception cref="InvalidDataException">It is not a checkpoint, damaged, or of another version.</exception>
    public static GuestCheckpoint Open(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new(new RecordReader(CheckpointForm.ReadRecords(stream)), stream);
    }

    /// <summary>Begins the records of a checkpoint with the options that the resuming machine needs.</summary>
    internal static RecordWriter Begin(EngineOptions engine, GuestKernelOptions options)
    {
        ProcessorFeatures features = options.Execution == GuestExecution.Direct ? ProcessorFeatures.OfHost : default;
        RecordWriter writer = new();
        writer.Begin(RecordKind.Machine, Version);
        writer.Write(engine.RamBytes);
        writer.Write((uint)engine.Tables);
        writer.Write((uint)options.EffectivePace);
        writer.Write((uint)options.Execution);
        writer.Write(features.First);
        writer.Write(features.Second);
        writer.End();
        return writer;
    }
}
