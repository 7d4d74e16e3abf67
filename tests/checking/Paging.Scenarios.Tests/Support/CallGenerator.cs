using Paging.Scripting.Calls;

namespace Paging.Scripting.Tests;

/// <summary>Makes calls of every shape that the table allows, sensible or not.</summary>
internal sealed class CallGenerator(int seed)
{
    private static readonly long[] Interesting =
        [0, 1, 2, 3, 7, 8, 0x0B, 0x7F, 0x80, 0xFF, 0x1000, 0x2_0000, 0x0804_A000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_F000, 0xFFFF_FFFF];
    private readonly Random _random = new(seed);

    public ScenarioCall Next()
    {
        CallSignature signature = ScriptCalls.All[_random.Next(ScriptCalls.All.Length)];
        long[] numbers = new long[6];
        int count = 0;
        int length = signature.Arguments.Length - (_random.Next(2) == 0 ? signature.OptionalCount : 0);
        foreach (ArgumentKind kind in signature.Kinds[..length])
            if (kind != ArgumentKind.FileName) numbers[count++] = Number(kind);
        string? name = signature.Kinds.Contains(ArgumentKind.FileName) ? "file-" + _random.Next(100) : null;
        int process = _random.Next(2) == 0 ? 0 : _random.Next(ScenarioCall.ProcessMax + 1);
        return new(signature.Name, process, count, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], name);
    }

    private long Number(ArgumentKind kind)
    {
        long any = _random.Next(2) == 0 ? Interesting[_random.Next(Interesting.Length)] : _random.NextInt64(long.MinValue, long.MaxValue);
        return kind switch
        {
            ArgumentKind.Byte => (byte)any,
            ArgumentKind.Limit => _random.Next(4),
            ArgumentKind.Advice or ArgumentKind.Descriptor => (int)any,
            ArgumentKind.FileSize => any & long.MaxValue,
            ArgumentKind.FileOffset or ArgumentKind.FilePosition or ArgumentKind.LimitValue => any,
            _ => (uint)any,
        };
    }
}
