using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Paging.Testing.Randomness;
using Paging.Traces.Reading;

namespace Paging.Fuzz;

/// <summary>
/// The readers of traces: memory and I/O traces in six forms, plain or packed.
/// </summary>
/// <remarks>
/// A sound trace is read, to the last access; a damaged one is refused in one line with its number. There is no other outcome.
/// </remarks>
internal sealed class TraceSubject : IHostileSubject
{
    public static readonly string[] Outcomes = ["read", "refused", "cut off"];

    public static readonly string[] Tokens =
        ["\n", "\r\n", "\r", "\0", " ", "\t", ",", "*", "-1", "0x", "s ", "l ", "I  ", " M ", "==", "--", "page,store\n",
            "time,id,size,op\n", ",get\n",
            "18446744073709551615", "9223372036854775808", "fffffffffffffffff", "16777217", "4294967296", "\x1f\x8b", "\uFEFF"];

    private const int Read = 0, Refused = 1, CutOff = 2;
    private const long AccessCountMax = 1 << 17;    // a request of an ARC trace alone may have 2^24 blocks
    private const int LineCount = 60;

    private readonly TraceFormat _format;
    private readonly bool _isNamed, _isObjects;
    private readonly List<TraceAccess> _accesses = [];

    public TraceSubject(FuzzRandom random)
    {
        _format = random.OneOf([TraceFormat.Lackey, TraceFormat.Address, TraceFormat.Arc, TraceFormat.Lirs, TraceFormat.Csv,
            TraceFormat.OracleGeneral]);
        _isNamed = random.Percent(50);
        _isObjects = random.Percent(50);
        byte[] text = _format == TraceFormat.OracleGeneral ? Records(random) : Encoding.ASCII.GetBytes(AccessLines(random));
        Sound = random.Percent(30) ? Pack(text) : text;
    }

    public byte[] Sound { get; }

    public void Dispose() { }

    public string? Try(byte[] bytes, bool isSound, out int outcome)
    {
        outcome = Refused;
        List<TraceAccess> found = [];
        try
        {
            using TraceReader reader = TraceReader.Open(new MemoryStream(bytes), "fuzz", _isNamed ? _format : TraceFormat.Auto);
            TraceAccess[] buffer = new TraceAccess[997];
            for (int count; (count = reader.Read(buffer)) > 0;)
            {
                found.AddRange(buffer.AsSpan(0, count));
                if (found.Count <= AccessCountMax) continue;
                outcome = CutOff;
                return null;
            }
        }
        catch (TraceFormatException refusal) when (!isSound)
        {
            string place = refusal.Column == 0 ? $"fuzz:{refusal.Line}: " : $"fuzz:{refusal.Line}:{refusal.Column}: ";
            bool isClear = refusal.Line >= 1 && refusal.Message.StartsWith(place, StringComparison.Ordinal)
                && refusal.Message.IndexOfAny(['\n', '\r']) < 0;
            return isClear ? null : $"refused, but not clearly: {refusal.Message}";
        }

        outcome = Read;
        return !isSound || found.SequenceEqual(_accesses)
            ? null : $"read {found.Count} accesses, and not the {_accesses.Count} that were written";
    }

    private byte[] Records(FuzzRandom random)
    {
        byte[] bytes = new byte[LineCount * 24];
        for (int i = 0; i < LineCount; i++)
        {
            Span<byte> record = bytes.AsSpan(i * 24, 24);
            BinaryPrimitives.WriteUInt64LittleEndian(record[4..], random.Below(64u));
            BinaryPrimitives.WriteUInt32LittleEndian(record[12..], random.Below(1u << 20));
            BinaryPrimitives.WriteInt64LittleEndian(record[16..], random.Percent(30) ? -1 : i + 2);
            _accesses.Add(new(BinaryPrimitives.ReadUInt64LittleEndian(record[4..]), isStore: false));
        }

        return bytes;
    }

    private string AccessLines(FuzzRandom random)
    {
        StringBuilder text = new();
        string end = random.OneOf<string>(["\n", "\n", "\r\n"]);
        bool hasStores = random.Percent(50);
        for (int line = 0; line < LineCount; line++) text.Append(Line(random, hasStores)).Append(end);
        return text.ToString();
    }

    private string Line(FuzzRandom random, bool hasStores)
    {
        ulong page = random.Percent(80) ? random.Below(64u) : random.Next() >> random.Between(13, 50);
        bool isStore = random.Percent(30);
        switch (_format)
        {
            case TraceFormat.Lackey:
                _accesses.Add(new(page, isStore));
                return isStore ? $" {random.OneOf<char>("SM")} {page << 12:x},{1 + random.Below(4096)}"
                    : $"{random.OneOf<string>(["I ", " L"])} {page << 12:x},{1 + random.Below(4096)}";
            case TraceFormat.Address:
                _accesses.Add(new(page, isStore));
                return $"{(isStore ? 's' : 'l')} 0x{(page << 12) + random.Below(4096u):x} {random.Below(9)}";
            case TraceFormat.Arc:
                int count = random.Below(6);
                for (int i = 0; i < count; i++) _accesses.Add(new(page + (ulong)i, isStore: false));
                return $"{page} {count} 0 {random.Below(1000)}";
            case TraceFormat.Lirs:
                if (random.Percent(5)) return "*";
                _accesses.Add(new(page, isStore: false));
                return $"{page}";
            case TraceFormat.Csv when _isObjects:
                _accesses.Add(new(page, hasStores && isStore));
                return $"{_accesses.Count},{page},{random.Below(1 << 20)}{(hasStores ? isStore ? ",set" : ",get" : "")}";
            default:
                _accesses.Add(new(page, hasStores && isStore));
                return hasStores ? $"{page},{(isStore ? 1 : 0)}" : $"0x{page:x}";
        }
    }

    private static byte[] Pack(byte[] text)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest)) gzip.Write(text);
        return packed.ToArray();
    }
}
