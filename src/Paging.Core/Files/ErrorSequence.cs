using System.Diagnostics.Contracts;

namespace Paging.Core.Files;

//  31                            13  12  11                    0
// ┌────────────────────────────────┬────┬───────────────────────┐
// │            counter             │seen│         errno         │    all zero: never failed
// └────────────────────────────────┴────┴───────────────────────┘
/// <summary>The last write-back error of a file, with a counter of the errors that were reported: each open file reports it once.</summary>
/// <remarks>
/// An open file keeps the word that it last saw, and reports an error if the file's word has changed since. Errors that no open file has
/// reported yet count as one, and a file opened later reports them too.
/// Linux: lib/errseq.c errseq_set, errseq_sample, errseq_check_and_advance.
/// </remarks>
internal readonly record struct ErrorSequence(uint Word)
{
    private const uint ErrnoMask = 0xFFF, Seen = 1 << 12, Step = 1 << 13;    // MAX_ERRNO, ERRSEQ_SEEN, ERRSEQ_CTR_INC

    /// <summary>The last error, whether it was reported or not.</summary>
    public Errno Last => (Errno)(Word & ErrnoMask);

    /// <summary>The word that a new open file starts from: this one, or zero if the last error has not been reported yet.</summary>
    public ErrorSequence Sample => (Word & Seen) != 0 ? this : default;

    /// <summary>The word after another error.</summary>
    [Pure]
    public ErrorSequence With(Errno error)
    {
        uint word = (Word & ~(ErrnoMask | Seen)) | (uint)error;
        return new((Word & Seen) != 0 ? word + Step : word);    // an error that was not reported is only replaced
    }

    /// <summary>Returns the error that is new since <paramref name="reported"/>, or none, and updates both words.</summary>
    public static Errno Advance(ref ErrorSequence file, ref ErrorSequence reported)
    {
        if (file == reported) return Errno.None;
        file = new(file.Word | Seen);
        reported = file;
        return file.Last;
    }

    /// <summary>The last error, the number of errors reported before it, and whether it was reported: "EIO #3, reported".</summary>
    public override string ToString() =>
        Word == 0 ? "no error" : $"{Last} #{Word / Step}, {((Word & Seen) != 0 ? "reported" : "not reported")}";
}
