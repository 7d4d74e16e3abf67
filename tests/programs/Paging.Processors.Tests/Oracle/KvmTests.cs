using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Processors.Tests;

/// <summary>A second opinion on hosts whose KVM gives one: their own processor's MMU.</summary>
public sealed class KvmTests
{
    private const int QuestionCount = 4000;

    [Fact]
    public void TheHostsOwnMmuAgrees()
    {
        using RandomTables tables = new(7);
        using KvmMmu? oracle = KvmMmu.TryCreate(tables.Oracle, out string reason);
        Assert.SkipWhen(oracle is null, reason);
        for (int i = 0; i < QuestionCount; i++)
        {
            if (i % 500 == 0) tables.Shuffle();
            OracleQuestion question = tables.NextRecognisable();
            OracleAnswer expected = oracle!.Access(question);
            WalkResult walk = ClassicWalker.Walk(tables.Ours, question.Directory, question.Address, question.Kind, question.Mode,
                question.WriteProtect, question.PageSizeExtensions);
            OracleAnswer actual = walk.Succeeded ? OracleAnswer.At(walk.Physical) : OracleAnswer.Fault(walk.ErrorCode, question.Address);
            Assert.True(expected == actual, $"question {i}: {question}: ours {actual}, oracle {expected}");
            if (!expected.Succeeded && oracle.LeavesUpperAccessedOnFault) tables.TakeUpperFromOurs(question);
            Assert.True(tables.FindDifference() is null, $"question {i}: {question}: {tables.FindDifference()}");
        }
    }
}
