using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>
/// A number that is an address, a page or a frame has a type of its own: VirtualAddress, PhysicalAddress, PageNumber, FrameNumber.
/// </summary>
/// <remarks>
/// The last word of a name decides: <c>newAddress</c> and <c>firstPage</c> are meant; <c>pageCount</c>, <c>byteLength</c> and
/// <c>OffsetInPage</c> are not.
/// </remarks>
public sealed partial class TypedWordTests
{
    private static readonly HashSet<Type> BareNumbers =
        [typeof(byte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(nint), typeof(nuint)];

    // Each with its reason.
    private static readonly string[] Allowed =
    [
        "FaultCounters.ZeroPage",    // a count of faults
    ];

    public static TheoryData<string> Layers => ["Paging.Native", "Paging.Core"];

    [Theory, MemberData(nameof(Layers))]
    public void PublicSignaturesUseTypedWords(string assembly)
    {
        List<string> bare = [];
        foreach (Type type in Assembly.Load(assembly).GetExportedTypes().Where(static type => !typeof(Delegate).IsAssignableFrom(type)))
        {
            foreach (MethodBase method in type.GetMethods(Assemblies.Open).Cast<MethodBase>().Concat(type.GetConstructors(Assemblies.Open)))
            {
                bare.AddRange(method.GetParameters().Where(static parameter => IsBare(parameter.ParameterType, parameter.Name!))
                    .Select(parameter => $"{Assemblies.NameOf(method)}({parameter.Name})"));
                if (method is MethodInfo { IsSpecialName: false } plain && IsBare(plain.ReturnType, plain.Name))
                    bare.Add(Assemblies.NameOf(method));
            }

            bare.AddRange(type.GetProperties(Assemblies.Open).Where(static property => IsBare(property.PropertyType, property.Name))
                .Select(Assemblies.NameOf));
            bare.AddRange(type.GetFields(Assemblies.Open)
                .Where(static field => !field.IsSpecialName && !field.DeclaringType!.IsEnum && IsBare(field.FieldType, field.Name))
                .Select(Assemblies.NameOf));
        }

        Assert.Empty(bare.Except(Allowed, StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(typeof(uint), "address", true)]
    [InlineData(typeof(ulong), "newAddress", true)]
    [InlineData(typeof(int), "FirstPage", true)]
    [InlineData(typeof(uint), "frame", true)]
    [InlineData(typeof(uint), "pageCount", false)]
    [InlineData(typeof(int), "OffsetInPage", false)]
    [InlineData(typeof(uint), "byteLength", false)]
    [InlineData(typeof(string), "address", false)]
    public void TheRuleFindsExactlyTheBareNumbers(Type type, string name, bool isBare) => Assert.Equal(isBare, IsBare(type, name));

    private static bool IsBare(Type type, string name) =>
        BareNumbers.Contains(type.IsByRef ? type.GetElementType()! : type) && LastWord().IsMatch(name);

    [GeneratedRegex("((^|[a-z])(?<!In)(Address|Page|Frame|PageNumber|FrameNumber)|^(address|page|frame))$", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex LastWord();
}
