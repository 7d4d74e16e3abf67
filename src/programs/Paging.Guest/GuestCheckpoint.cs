using Paging.Guest.Checkpoints;
using Paging.Guest.Records;
using Paging.Native;
using Paging.Processors.DirectExecution;

namespace Paging.Guest;

/// <summary>A saved machine that was opened: what it is is known, and a new machine can go on from it once.</summary>
/// <remarks>What <see cref="GuestKernel.Save"/> has written. Use it with <see cref="GuestKernel.Resume"/>.</remarks>
public sealed class GuestCheckpoint
{
    private readonly CheckpointSettings _settings;

    private GuestCheckpoint(RecordReader reader, Stream stream) =>
        (_settings, Reader, Rest) = (CheckpointSettings.Load(reader), reader, stream);

    /// <summary>The RAM that the machine had. Another one may have more, or less and a swap device.</summary>
    public ulong RamBytes => _settings.RamBytes;

    /// <summary>The format of its page tables.</summary>
    public TableFormat Tables => _settings.Tables;

    /// <summary>What made its time pass.</summary>
    public GuestPace Pace => _settings.Pace;

    /// <summary>What executed its programs. Those of the host's processor have chosen their code by what it can do.</summary>
    public GuestExecution Execution => _settings.Execution;

    internal ProcessorFeatures Features => _settings.Features;

    /// <summary>Behind what was read so far.</summary>
    internal RecordReader Reader { get; }

    /// <summary>What comes behind the records.</summary>
    internal Stream Rest { get; }

    /// <summary>Reads everything but the memory of processes, and checks that it is as it was written.</summary>
    /// <param name="stream">Read from where it stands; needed until the checkpoint was resumed.</param>
    /// <exception cref="InvalidDataException">It is no checkpoint, damaged, or of another version.</exception>
    public static GuestCheckpoint Open(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new(new RecordReader(CheckpointForm.ReadRecords(stream)), stream);
    }
}
