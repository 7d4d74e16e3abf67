using Paging.Guest.Checkpoints;
using Paging.Guest.Records;
using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Guest;

/// <summary>An open checkpoint. Its settings can be read, and one new machine can resume it.</summary>
/// <remarks>Written by <see cref="GuestKernel.Save"/>. Use it with <see cref="GuestKernel.Resume"/>.</remarks>
public sealed class GuestCheckpoint
{
    private readonly CheckpointSettings _settings;

    private GuestCheckpoint(RecordReader reader, Stream stream) =>
        (_settings, Reader, Rest) = (CheckpointSettings.Load(reader), reader, stream);

    /// <summary>The RAM of the machine. The resuming one may have more, or less with a swap device.</summary>
    public ulong RamBytes => _settings.RamBytes;

    /// <summary>The format of its page tables.</summary>
    public TableFormat Tables => _settings.Tables;

    /// <summary>The base of its time.</summary>
    public GuestPace Pace => _settings.Pace;

    /// <summary>The processor of its programs. On the host's processor they may depend on its features.</summary>
    public GuestExecution Execution => _settings.Execution;

    internal ProcessorFeatures Features => _settings.Features;

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
}
