using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Tests;

/// <summary>A fuzzer may ask anything of the model: it always has an answer, and the same one for the same seed.</summary>
public sealed class ArbitraryCallTests
{
    private const int CallCount = 1_000;

    private static readonly long[] Interesting =
        [0, 1, 2, 3, 4, 8, 0x10, 0x22, 0x32, 0x132, 0x7FF, 0x1000, 0x2000, 0x8000, 0x1_0000, 0x0804_B000, 0x2000_0000, 0x2000_1000,
            0x2000_3FFE, 0xBFFE_0000, 0xC000_0000, 0xFFFF_F000, 0xFFFF_FFFF, -1];

    [Trait("Category", "Medium")]
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public void TheModelAnswersEveryCall(int seed) =>
        Assert.All(Answer(seed), static result => Assert.NotEqual(CallResultKind.Unsupported, result.Kind));

    /// <summary>The model keeps the bytes of a file, so it returns "unsupported" rather than exhausting the host's memory.</summary>
    [Fact]
    public void AnAllocationThatWouldTakeTheHostsMemoryIsUnsupported()
    {
        using ReferenceMachine machine = new();
        machine.Start(ScenarioHeader.Default);
        long descriptor = machine.Execute(new(CallName.MemFd, 0, 1, 0, 0, 0, 0, 0, 0, "A")).Value;
        ScriptResult result = machine.Execute(new(CallName.Fallocate, 0, 4, descriptor, 0, 0, 1L << 40, 0, 0, null));
        Assert.Equal(CallResultKind.Unsupported, result.Kind);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void TheSameSeedGivesTheSameAnswers()
    {
        List<ScriptResult> answers = Answer(7);
        Assert.Equal(answers, Answer(7));
        Assert.NotEqual(answers, Answer(8));
        Assert.True(answers.Distinct().Count() > 50);
    }

    private static List<ScriptResult> Answer(int seed)
    {
        Random random = new(seed);
        using ReferenceMachine machine = new();
        machine.Start(ScenarioHeader.Default);
        List<ScriptResult> results = [];
        for (int i = 0; i < CallCount; i++) results.Add(machine.Execute(Call(random)));
        return results;
    }

    /// <summary>Any call but exit, with numbers that need not make sense together; lengths stay small enough to fill.</summary>
    private static ScenarioCall Call(Random random)
    {
        CallSignature signature;
        do signature = ScriptCalls.All[random.Next(ScriptCalls.All.Length)];
        while (signature.Name is CallName.Exit or CallName.Fork);
        long[] numbers = new long[6];
        int count = 0;
        foreach (ArgumentKind kind in signature.Kinds)
        {
            if (kind != ArgumentKind.FileName) numbers[count++] = Number(random, kind);
        }
        if (signature.Name == CallName.Fallocate) numbers[3] = random.Next(0x9000);
        return new(signature.Name, 0, count, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5],
            signature.Kinds.Contains(ArgumentKind.FileName) ? "A" : null);
    }

    private static long Number(Random random, ArgumentKind kind)
    {
        long any = Interesting[random.Next(Interesting.Length)];
        return kind switch
        {
            ArgumentKind.Address => (uint)any,
            ArgumentKind.Length or ArgumentKind.Count => random.Next(0x9000),
            ArgumentKind.FileSize => random.Next(0x9000),
            ArgumentKind.Byte => (byte)any,
            ArgumentKind.Limit => random.Next(4),
            ArgumentKind.FileOffset or ArgumentKind.FilePosition or ArgumentKind.LimitValue => random.Next(2) == 0 ? any : any << 40,
            ArgumentKind.Advice or ArgumentKind.Descriptor => (int)any,
            _ => (uint)any,
        };
    }
}
