using System.Diagnostics.Contracts;

namespace Paging.Core.Files;

//  31                            13  12  11                    0
// ┌────────────────────────────────┬────┬───────────────────────┐
// │            counter             │seen│         errno         │    all zero: never failed
// └────────────────────────────────┴────┴───────────────────────┘
/// <summary>The last error of a file's write-back, and how often there was one that somebody has seen: each open file reports it once.</summary>
/// <remarks>
/// An open file keeps the word as it last saw it; another word in the file is news. Errors that nobody has seen yet are one piece of news, and
/// stay so for a file opened later. Linux: lib/errseq.c errseq_set, errseq_sample, errseq_check_and_advance.
/// </remarks>
internal readonly record struct ErrorSequence(uint Word)
{
    private const uint ErrnoMask = 0xFFF, Seen = 1 << 12, Step = 1 << 13;

    /// <summary>The last error, seen or not.</summary>
    public Errno Last => (Errno)(Word & ErrnoMask);

    /// <summary>What an open file starts from: now; but before an error that nobody has seen.</summary>
    public ErrorSequence Sample => (Word & Seen) != 0 ? this : default;

    /// <summary>The word after another failure.</summary>
    [Pure]
    public ErrorSequence With(Errno error)
    {
        uint word = (Word & ~(ErrnoMask | Seen)) | (uint)error;
        return new((Word & Seen) != 0 ? word + Step : word);
    }

    /// <summary>The error that is news since <paramref name="reported"/>, which catches up; none if there is none.</summary>
    public static Errno Advance(ref ErrorSequence file, ref ErrorSequence reported)
    {
        if (file == reported) return Errno.None;
        file = new(file.Word | Seen);
        reported = file;
        return file.Last;
    }
}
