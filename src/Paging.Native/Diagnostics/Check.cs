using System.Diagnostics.CodeAnalysis;

namespace Paging.Native.Diagnostics;

/// <summary>The level of verification, decided once when the process starts.</summary>
/// <remarks>
/// The AppContext value <c>Paging.Verification</c> takes precedence over the environment variable <c>PAGING_VERIFY</c>;
/// both accept <c>off</c>, <c>cheap</c> and <c>thorough</c>. Otherwise Debug builds check cheaply and Release builds not at all.
/// The properties are static and read-only, so compiled code holds constants: <c>if (Check.Cheap)</c> is free when off.
/// </remarks>
internal static class Check
{
    private const string ConfigurationName = "Paging.Verification";
    private const string EnvironmentName = "PAGING_VERIFY";

    /// <summary>The level of checks in this process.</summary>
    public static VerificationLevel Level { get; } =
        Choose(AppContext.GetData(ConfigurationName) as string, Environment.GetEnvironmentVariable(EnvironmentName));

    /// <summary>True at <see cref="VerificationLevel.Cheap"/> and above.</summary>
    public static bool Cheap { get; } = Level >= VerificationLevel.Cheap;

    /// <summary>True at <see cref="VerificationLevel.Thorough"/>.</summary>
    public static bool Thorough { get; } = Level >= VerificationLevel.Thorough;

    /// <summary>Throws for a call whose precondition does not hold: the caller is wrong.</summary>
    /// <param name="state">The state that forbids the call, and the member that was called.</param>
    [DoesNotReturn]
    public static void ThrowUnmet(string state) => throw new InvariantException($"A precondition does not hold. {state}");

    /// <summary>The first word that names a level wins; words that name none are passed over.</summary>
    internal static VerificationLevel Choose(string? configured, string? environment) =>
        Parse(configured) ?? Parse(environment) ?? Default;

#if DEBUG
    private static VerificationLevel Default => VerificationLevel.Cheap;
#else
    private static VerificationLevel Default => VerificationLevel.Off;
#endif

    // Enum.TryParse would also take numbers and lists of names.
    private static VerificationLevel? Parse(string? word) => word?.ToUpperInvariant() switch
    {
        "OFF" => VerificationLevel.Off,
        "CHEAP" => VerificationLevel.Cheap,
        "THOROUGH" => VerificationLevel.Thorough,
        _ => null,
    };
}
