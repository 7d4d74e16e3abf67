using System.Runtime.InteropServices;
using Iced.Intel;
using Paging.Native;

namespace Paging.Processors.DirectExecution;

/// <summary>Finds rdtsc and rdtscp in frames of code.</summary>
/// <remarks>
/// <para>
/// In one page of twenty the bytes of rdtsc are the end of one instruction and the beginning of another, as in <c>and eax,15</c> and
/// <c>xor eax,eax</c>. So the code before them is disassembled, from several places: after a few instructions each meets the program's.
/// </para>
/// <para>
/// Answers are kept for frames, and hold while 64 bytes in the middle of the frame stay the same. A wrong answer does no harm: the
/// instruction returns the host's counter, or stops cost more.
/// </para>
/// </remarks>
/// <param name="ram">The memory that holds the code.</param>
internal sealed class TimeStampCode(PhysicalMemory ram)
{
    private const byte Escape = 0x0F;
    private const int SampleAt = 2048, SampleLength = 64, FramesOfPart = 1024;
    private const int DisassembledLength = 64, Places = 4;
    private const ulong AnswerMask = 3, Without = 1, With = 2, EndsWithBeginning = 3;    // the low bits of an answer; others: the sample

    private readonly ulong[]?[] _answers = new ulong[(ram.FrameCount.Value + FramesOfPart - 1) / FramesOfPart][];
    private readonly CutCode _cut = new(DisassembledLength);

    /// <summary>As <see cref="IsIn"/>, of a frame that may have changed anywhere since it was asked for last.</summary>
    public bool IsInNow(FrameNumber frame, PageNumber next, Func<PageNumber, WalkResult> peek)
    {
        if (_answers[frame.Value / FramesOfPart] is { } part) part[frame.Value % FramesOfPart] = 0;
        return IsIn(frame, next, peek);
    }

    /// <summary>True if the frame holds such an instruction, or begins one that ends in the next page.</summary>
    /// <param name="frame">A frame of RAM.</param>
    /// <param name="next">The number of the next page of the program.</param>
    /// <param name="peek">Walks the program's tables for a page.</param>
    public bool IsIn(FrameNumber frame, PageNumber next, Func<PageNumber, WalkResult> peek)
    {
        ReadOnlySpan<byte> page = ram.Bytes(frame);
        ref ulong answer = ref (_answers[frame.Value / FramesOfPart] ??= new ulong[FramesOfPart])[frame.Value % FramesOfPart];
        ulong sample = SampleOf(page);
        if ((answer & ~AnswerMask) != sample || (answer & AnswerMask) == 0) answer = sample | Scan(page);
        return (answer & AnswerMask) switch
        {
            Without => false,
            With => true,
            _ => peek(next) is { Succeeded: true } walk && walk.Physical.Frame.Value < ram.FrameCount.Value
                && Continues(page, ram.Bytes(walk.Physical.Frame)),
        };
    }

    private static ulong SampleOf(ReadOnlySpan<byte> page)
    {
        ulong sum = 0;
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(page.Slice(SampleAt, SampleLength)))
            sum = (ulong.RotateLeft(sum, 5) ^ word) * 0x9E37_79B9_7F4A_7C15;    // the golden ratio, as in hash_64
        return sum & ~AnswerMask;
    }

    private ulong Scan(ReadOnlySpan<byte> page)
    {
        if (Finds(page, [Escape, 0x31]) || Finds(page, [Escape, 0x01, 0xF9])) return With;
        return page[^1] == Escape || page[^2..] is [Escape, 0x01] ? EndsWithBeginning : Without;
    }

    private bool Finds(ReadOnlySpan<byte> page, ReadOnlySpan<byte> instruction)
    {
        int from = 0;
        while (page[from..].IndexOf(instruction) is >= 0 and int found)
        {
            if (_cut.HasInstructionAt(page, from + found)) return true;
            from += found + 1;
        }

        return false;
    }

    private static bool Continues(ReadOnlySpan<byte> page, ReadOnlySpan<byte> after) => page[^1] == Escape
        ? after is [0x31, ..] or [0x01, 0xF9, ..]
        : after is [0xF9, ..];

    /// <summary>Disassembles the code before a place.</summary>
    private sealed class CutCode
    {
        private readonly byte[] _bytes;
        private readonly ByteArrayCodeReader _reader;
        private readonly Decoder _decoder;

        public CutCode(int length)
        {
            _bytes = new byte[length + AccessDecoder.LongestInstruction];
            _reader = new(_bytes);
            _decoder = Decoder.Create(32, _reader);
        }

        /// <summary>True if an instruction begins at the place, as seen from one of several places before it.</summary>
        public bool HasInstructionAt(ReadOnlySpan<byte> page, int place)
        {
            int first = Math.Max(0, place - DisassembledLength), length = place - first;
            ReadOnlySpan<byte> code = page[first..Math.Min(place + AccessDecoder.LongestInstruction, page.Length)];
            _bytes.AsSpan().Clear();
            code.CopyTo(_bytes);
            for (int from = 0; from < Places; from++)
            {
                _reader.Position = from;
                _decoder.IP = (ulong)from;
                while (_decoder.IP < (ulong)length) _decoder.Decode(out _);
                if (_decoder.IP == (ulong)length) return true;
            }

            return false;
        }
    }
}
