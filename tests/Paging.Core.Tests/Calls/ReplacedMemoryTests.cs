using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>What a process keeps over execve(2).</summary>
public sealed class ReplacedMemoryTests
{
    /// <summary>prctl(2): PR_SET_THP_DISABLE is inherited by a child and preserved across execve(2).</summary>
    [Theory]
    [InlineData(TransparentPolicy.Off)]
    [InlineData(TransparentPolicy.OnlyAdvised)]
    public void ThePolicyForHugePagesStays(TransparentPolicy policy)
    {
        using PagingEngine engine = new(new EngineOptions { TransparentHugePages = TransparentHugePages.Advised });
        UserProcess process = engine.CreateProcess("a");
        process.Memory.HugePages.SetPolicy(policy);
        Assert.Equal(Errno.None, process.ReplaceMemory("b", isTopDown: true, new PageNumber(0xb7000)));
        UserProcess child = process.Fork();
        Assert.Equal((policy, policy), (process.Memory.HugePages.Policy, child.Memory.HugePages.Policy));
        Assert.Equal(TransparentPolicy.On, engine.CreateProcess("c").Memory.HugePages.Policy);
    }

    /// <summary>PR_SET_MDWE is inherited both ways, unless PR_MDWE_NO_INHERIT was set. Linux: mm_init.</summary>
    [Theory]
    [InlineData(ExecuteGain.Allowed, ExecuteGain.Allowed)]
    [InlineData(ExecuteGain.Refused, ExecuteGain.Refused)]
    [InlineData(ExecuteGain.RefusedHere, ExecuteGain.Allowed)]
    public void TheRefusalOfExecutionStaysOrEnds(ExecuteGain gain, ExecuteGain inherited)
    {
        using PagingEngine engine = new();
        UserProcess process = engine.CreateProcess("a");
        process.Memory.ExecuteGain = gain;
        process.Memory.IsAllMergeable = true;
        UserProcess child = process.Fork();
        Assert.Equal((inherited, true), (child.Memory.ExecuteGain, child.Memory.IsAllMergeable));
        Assert.Equal(gain, process.Memory.ExecuteGain);
        Assert.Equal(Errno.None, process.ReplaceMemory("b", isTopDown: true, new PageNumber(0xb7000)));
        Assert.Equal((inherited, true), (process.Memory.ExecuteGain, process.Memory.IsAllMergeable));
    }
}
