using System.Globalization;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Processors.Emulation;

namespace Paging.Processors.Tests;

/// <summary>Our PAE walker against an independent MMU, on tables that no kernel would make.</summary>
public sealed class PaeRandomTableTests
{
    private const int QuestionsPerShuffle = 500;

    private static int QuestionCount =>
        int.TryParse(Environment.GetEnvironmentVariable("PAGING_ORACLE_QUERIES"), CultureInfo.InvariantCulture, out int count) ? count
            : 100_000;

    [Trait("Category", "Medium")]
    [Fact]
    public void BothFindTheSameAddressTheSameFaultAndLeaveTheSameBits()
    {
        RequiredProcessor.Check();
        int seed = int.TryParse(Environment.GetEnvironmentVariable("PAGING_SEED"), CultureInfo.InvariantCulture, out int given) ? given : 1;
        using PaeRandomTables tables = new(seed);
        using UnicornMmu oracle = new(tables.Oracle, TableFormat.Pae);
        int faults = 0;
        for (int i = 0; i < QuestionCount; i++)
        {
            if (i % QuestionsPerShuffle == 0) tables.Shuffle();
            OracleQuestion question = tables.Next();
            OracleAnswer expected = oracle.Access(question), actual = question.AskOurs(tables.Ours);
            Assert.True(expected == actual, $"seed {seed}, question {i}: {question}: ours {actual}, oracle {expected}");
            if (!expected.Succeeded) faults++;
            if (i % QuestionsPerShuffle == QuestionsPerShuffle - 1)
                Assert.True(tables.FindDifference() is null, $"seed {seed}, up to question {i}: {tables.FindDifference()}");
        }

        Assert.InRange(faults, QuestionCount / 4, QuestionCount * 7 / 8);    // both kinds of answers, or the tables are not random
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{QuestionCount} questions, {faults} faults, 0 mismatches (Unicorn {GuestProcessor.LibraryVersion})");
    }

    [Fact]
    public void TheShortWalkOfAProgramsOwnAccessIsTheSameToo()
    {
        RequiredProcessor.Check();
        using PaeRandomTables tables = new(2);
        using UnicornMmu oracle = new(tables.Oracle, TableFormat.Pae);
        for (int i = 0; i < QuestionCount / 5; i++)
        {
            if (i % QuestionsPerShuffle == 0) tables.Shuffle();
            OracleQuestion question = tables.Next() with { Mode = ProcessorMode.User, NoExecute = true };
            if (question.Kind == AccessKind.Fetch) question = question with { Kind = AccessKind.Read };
            OracleAnswer expected = oracle.Access(question);
            PageTableEntry entry = UserWalk.TranslateIn(
                tables.Ours, question.Directory, question.Address.Page, question.Kind == AccessKind.Write, TableFormat.Pae);
            Assert.True(expected.Succeeded == entry.IsPresent, $"{question}: ours {entry}, oracle {expected}");
            if (entry.IsPresent) Assert.Equal(expected.Physical >> 12, entry.Frame.Value);
            if (i % QuestionsPerShuffle == QuestionsPerShuffle - 1) Assert.True(tables.FindDifference() is null, tables.FindDifference());
        }
    }

    public static TheoryData<string> Canaries => ["WP", "NXE", "user", "write", "fetch"];

    /// <summary>A walker that gets one rule wrong is found out within a few thousand questions.</summary>
    [Theory, MemberData(nameof(Canaries))]
    public void AWalkerThatIsWrongIsSeen(string rule)
    {
        RequiredProcessor.Check();
        using PaeRandomTables tables = new(3);
        using UnicornMmu oracle = new(tables.Oracle, TableFormat.Pae);
        tables.Shuffle();
        int mismatches = 0;
        for (int i = 0; i < 6000; i++)
        {
            OracleQuestion question = tables.Next();
            OracleQuestion misread = rule switch
            {
                "WP" => question with { WriteProtect = true },
                "NXE" => question with { NoExecute = true },
                "user" => question with { Mode = ProcessorMode.Supervisor },
                "fetch" => question with { Kind = question.Kind == AccessKind.Fetch ? AccessKind.Read : question.Kind },
                _ => question with { Kind = question.Kind == AccessKind.Write ? AccessKind.Read : question.Kind },
            };
            if (oracle.Access(question) != misread.AskOurs(tables.Ours)) mismatches++;
        }

        Assert.True(mismatches > 20, $"{mismatches} mismatches");
    }
}
