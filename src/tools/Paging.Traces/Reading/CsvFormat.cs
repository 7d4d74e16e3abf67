using System.Collections.Immutable;
using System.Text;

namespace Paging.Traces.Reading;

/// <summary>
/// Our own <c>page</c> or <c>page,store</c>, store being 0 or 1; or libCacheSim's <c>time,id,size</c> or <c>time,id,size,op</c>. A header
/// line of words may come first. Semicolons or tabs may stand for the commas.
/// </summary>
/// <remarks>
/// Numbers are decimal, or hexadecimal with <c>0x</c>, pages of up to 63 bits. A page or an id may be a name instead: letters, digits and
/// . _ - / : without blanks; it stands for a number made of its bytes. Blanks around a field do not matter. A trace of which
/// no line has a store or an op has no stores. An object of libCacheSim counts as one page of any size.
/// </remarks>
internal struct CsvFormat : ITraceFormat
{
    /// <summary>The columns, for messages.</summary>
    public const string Columns = "'page', 'page,store' with store 0 or 1, or 'time,id,size,op' with or without op";

    private const string Expected = "expected " + Columns;
    private const string ExpectedOp = "an op is get, gets, read, set, add, cas, replace, append, prepend, incr, decr, write, update, "
        + "delete or nop";
    private const int ColumnCountMax = 4;
    private const int SeparatedLengthMax = 256;    // of a line with semicolons or tabs for commas
    private static readonly ImmutableArray<string> Loads = ["get", "gets", "read"], NoAccesses = ["nop", "delete"];
    private static readonly ImmutableArray<string> Stores =
        ["set", "add", "cas", "replace", "append", "prepend", "incr", "decr", "write", "update"];
    private static readonly ImmutableArray<string> HeadWords =
        ["page", "store", "time", "timestamp", "id", "obj_id", "object_id", "object", "obj", "key", "name", "block", "lba", "address",
            "addr", "size", "op", "operation"];

    private bool _hasRows;

    public bool HasStores { get; private set; }

    public string? Read(ReadOnlySpan<byte> line, out PageRun run, out int place)
    {
        run = default;
        place = 0;
        if (!line.Contains((byte)',') && line.IndexOfAny((byte)';', (byte)'\t') >= 0 && line.Length <= SeparatedLengthMax)
        {
            Span<byte> separated = stackalloc byte[line.Length];
            line.CopyTo(separated);
            separated.Replace((byte)';', (byte)',');
            separated.Replace((byte)'\t', (byte)',');
            return Read(separated, out run, out place);
        }

        if (!_hasRows && IsHeader(line)) return null;
        _hasRows = true;
        int commas = line.Count((byte)',');
        return commas >= 2 ? ReadObject(line, commas == 3, out run, out place) : ReadPage(line, out run, out place);
    }

    private string? ReadPage(ReadOnlySpan<byte> line, out PageRun run, out int place)
    {
        run = default;
        LineCursor cursor = new(line);
        cursor.SkipBlanks();
        int pagePlace = cursor.Place;
        if (!TryTakeId(ref cursor, out ulong page)) return cursor.Explain(Expected, out place);
        ulong store = 0;
        cursor.SkipBlanks();
        if (cursor.TryTake(','))
        {
            cursor.SkipBlanks();
            place = cursor.Place;
            if (!cursor.TryTakeDecimal(out store) || store > 1) return Expected;
            HasStores = true;
        }
        if (!cursor.IsAtEnd) return cursor.Explain(Expected, out place);
        place = pagePlace;
        if (page > TraceAccess.PageMax) return "a page number has at most 63 bits";
        run = new(page, 1, store == 1);
        return null;
    }

    private string? ReadObject(ReadOnlySpan<byte> line, bool hasOp, out PageRun run, out int place)
    {
        run = default;
        int start = line.IndexOf((byte)',') + 1;    // the time may have a fraction; nothing depends on it
        LineCursor cursor = new(line[start..]);
        cursor.SkipBlanks();
        bool hasId = TryTakeId(ref cursor, out ulong id);
        cursor.SkipBlanks();
        bool? isStore = false;
        string? reason = null;
        place = 0;
        if (!hasId || !cursor.TryTake(',') || !TryTakeField(ref cursor, out _) || (hasOp && !cursor.TryTake(',')))
            reason = cursor.Explain(Expected, out place);
        else if (hasOp)
        {
            cursor.SkipBlanks();
            place = cursor.Place;
            if (!TryReadOp(cursor.TakeWord(), out isStore)) reason = ExpectedOp;
            else HasStores = true;
        }

        if (reason is null && !cursor.IsAtEnd) reason = cursor.Explain(Expected, out place);
        place += start;
        if (reason is not null) return reason;
        if (isStore is { } stores) run = new(OracleGeneralReader.PageOf(id), 1, stores);
        return null;
    }

    /// <summary>True for a line of one name, which may be anything: it is not a sign of this form.</summary>
    public static bool IsLoneName(ReadOnlySpan<byte> line)
    {
        LineCursor cursor = new(line);
        cursor.SkipBlanks();
        return !cursor.TryTakeNumber(out _) && cursor.TakeName().Length > 0 && cursor.IsAtEnd && !IsHeader(line);
    }

    /// <summary>Takes a number, or a name: FNV-1a of its bytes, 63 bits of it.</summary>
    private static bool TryTakeId(ref LineCursor cursor, out ulong id)
    {
        LineCursor start = cursor;
        if (cursor.TryTakeNumber(out id) && cursor.IsAtFieldEnd) return true;
        if (cursor.HasOverflowed) return false;
        cursor = start;
        ReadOnlySpan<byte> name = cursor.TakeName();
        id = 14695981039346656037;
        foreach (byte value in name) id = (id ^ value) * 1099511628211;
        id &= TraceAccess.PageMax;
        return name.Length > 0;
    }

    /// <summary>Takes a number and the blanks around it.</summary>
    private static bool TryTakeField(ref LineCursor cursor, out ulong value)
    {
        cursor.SkipBlanks();
        bool isNumber = cursor.TryTakeNumber(out value);
        cursor.SkipBlanks();
        return isNumber;
    }

    /// <summary>Decodes an op of libCacheSim: a load, a store, or (null) no access. Returns false for other words.</summary>
    private static bool TryReadOp(ReadOnlySpan<byte> op, out bool? isStore)
    {
        bool isLoad = IsOneOf(op, Loads);
        isStore = isLoad ? false : IsOneOf(op, Stores) ? true : null;
        return isStore is not null || IsOneOf(op, NoAccesses);
    }

    private static bool IsOneOf(ReadOnlySpan<byte> op, ImmutableArray<string> words)
    {
        foreach (string word in words)
            if (Ascii.EqualsIgnoreCase(op, word)) return true;
        return false;
    }

    /// <summary>True for a line of one to four words with one of a head, such as <c>page</c> or <c>time, obj_id, size, op</c>.</summary>
    private static bool IsHeader(ReadOnlySpan<byte> line)
    {
        LineCursor cursor = new(line);
        bool hasHead = false;
        for (int column = 0; column < ColumnCountMax; column++)
        {
            cursor.SkipBlanks();
            ReadOnlySpan<byte> word = cursor.TakeWord();
            if (word.IsEmpty) return false;
            hasHead |= IsOneOf(word, HeadWords);
            if (cursor.IsAtEnd) return hasHead;
            if (!cursor.TryTake(',')) return false;
        }

        return false;
    }
}
